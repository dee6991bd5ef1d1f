// A sealed segment on the disk, in the form in which it is searched: it is mapped, not read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "index/segment.h"

namespace passim {

// Writes a sealed segment, removed passages included. False when the disk refuses.
bool writeSegment(const std::string& path, const Segment& segment, const Codebook& codebook);

// The segment in the file, or null when it is missing, cut off, damaged, or of another codebook, size or version.
// Everything that a search follows without looking (counts, offsets, centroids, lists) is checked in any case; with
// `all` also the checksum of residuals and scales, for which the whole file has to be read.
std::shared_ptr<Segment> readSegment(const std::string& path, const Codebook& codebook, bool all);

// Whether the residuals and scales in the file are as they were written.
bool residualsSound(const std::string& path);

}  // namespace passim
