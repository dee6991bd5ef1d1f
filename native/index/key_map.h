// Passage key -> where it lies. Open addressing in many small tables, so that growing never takes long at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace passim {

class Segment;

struct Location {
  Segment* segment = nullptr;  // null: not there
  uint32_t passage = 0;
};

// Finaliser of MurmurHash3; app/index/sampling.ts has the same.
inline uint32_t mixKey(uint32_t key) {
  key = (key ^ (key >> 16)) * 0x85ebca6bu;
  key = (key ^ (key >> 13)) * 0xc2b2ae35u;
  return key ^ (key >> 16);
}

class KeyMap {
 public:
  Location find(uint32_t key) const {
    const Table& table = tables_[mixKey(key) % kTables];
    if (table.slots.empty()) return {};
    for (size_t at = first(key, table);; at = (at + 1) & (table.slots.size() - 1)) {
      const Slot& slot = table.slots[at];
      if (slot.location.segment == nullptr) return {};
      if (slot.key == key) return slot.location;
    }
  }

  // Inserts or replaces.
  void set(uint32_t key, Location location) {
    Table& table = tables_[mixKey(key) % kTables];
    if (table.slots.size() * 3 < (table.count + 1) * 4) resize(table, table.slots.empty() ? 4 : table.slots.size() * 2);
    Slot& slot = slotFor(key, table);
    if (slot.location.segment == nullptr) {
      table.count++;
      size_++;
    }
    slot = {key, location};
  }

  bool erase(uint32_t key) {
    Table& table = tables_[mixKey(key) % kTables];
    if (table.slots.empty()) return false;
    const size_t mask = table.slots.size() - 1;
    size_t at = &slotFor(key, table) - table.slots.data();
    if (table.slots[at].location.segment == nullptr) return false;
    // Pull later entries of the run back, so that no gap cuts them off.
    for (size_t next = (at + 1) & mask; table.slots[next].location.segment != nullptr; next = (next + 1) & mask) {
      const size_t home = first(table.slots[next].key, table);
      if (((next - home) & mask) < ((next - at) & mask)) continue;
      table.slots[at] = table.slots[next];
      at = next;
    }
    table.slots[at] = {};
    table.count--;
    size_--;
    if (table.slots.size() > 4 && table.count * 4 < table.slots.size()) resize(table, table.slots.size() / 2);
    return true;
  }

  size_t size() const { return size_; }
  size_t bytes() const {
    size_t total = 0;
    for (const Table& table : tables_) total += table.slots.size() * sizeof(Slot);
    return total;
  }

 private:
  static constexpr size_t kTables = 256;
  struct Slot {
    uint32_t key = 0;
    Location location;
  };
  struct Table {
    std::vector<Slot> slots;  // a power of two, or none
    size_t count = 0;
  };

  static size_t first(uint32_t key, const Table& table) {
    return (mixKey(key) / kTables) & (table.slots.size() - 1);
  }
  static Slot& slotFor(uint32_t key, Table& table) {
    size_t at = first(key, table);
    while (table.slots[at].location.segment != nullptr && table.slots[at].key != key)
      at = (at + 1) & (table.slots.size() - 1);
    return table.slots[at];
  }
  static void resize(Table& table, size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(table.slots);
    for (const Slot& slot : old)
      if (slot.location.segment != nullptr) slotFor(slot.key, table) = slot;
  }

  std::vector<Table> tables_ = std::vector<Table>(kTables);
  size_t size_ = 0;
};

}  // namespace passim
