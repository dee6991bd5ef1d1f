#include <map>

#include "index/key_map.h"
#include "test.h"

using namespace passim;

TEST(key_map_follows_a_map) {
  Random random(91);
  KeyMap map;
  std::map<uint32_t, uint32_t> model;
  auto* const segment = reinterpret_cast<Segment*>(&map);
  for (size_t step = 0; step < 300000; step++) {
    const bool growing = (step / 50000) % 2 == 0;
    const auto key = static_cast<uint32_t>(below(random, 30000));
    if (below(random, 10) < (growing ? 7u : 2u)) {
      map.set(key, {segment, static_cast<uint32_t>(step)});
      model[key] = static_cast<uint32_t>(step);
    } else {
      EXPECT(map.erase(key) == (model.erase(key) > 0), "erase %u", key);
    }
    const auto probe = static_cast<uint32_t>(below(random, 30000));
    const auto at = model.find(probe);
    const Location location = map.find(probe);
    EXPECT((location.segment != nullptr) == (at != model.end()), "find %u", probe);
    if (at != model.end()) EXPECT(location.passage == at->second, "value of %u", probe);
  }
  EXPECT(map.size() == model.size(), "size");
  for (const auto& [key, value] : model) EXPECT(map.find(key).passage == value, "key %u", key);
  while (!model.empty()) {
    map.erase(model.begin()->first);
    model.erase(model.begin());
  }
  EXPECT(map.size() == 0 && map.bytes() < 65536 * 2, "%zu bytes are left", map.bytes());
}
