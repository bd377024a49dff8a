#include "winnow/base/snapshot.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace winnow {

TEST(Snapshot, HandsOutWhatWasSetLast)
{
    Snapshot<int> snapshot;
    EXPECT_EQ(snapshot.get(), nullptr);
    snapshot.set(std::make_shared<const int>(1));
    const auto before = snapshot.get();
    snapshot.set(std::make_shared<const int>(2));
    EXPECT_EQ(*before, 1);  // readers keep what they took
    EXPECT_EQ(*snapshot.get(), 2);
}

TEST(Snapshot, LetsGoOfTheOldValue)
{
    auto value = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = value;
    Snapshot<int> snapshot(std::move(value));
    snapshot.set(nullptr);
    EXPECT_TRUE(watched.expired());
}

TEST(Snapshot, ReadersSeeOnlyWholeValues)
{
    using Pair = std::pair<int, int>;
    Snapshot<Pair> snapshot(std::make_shared<const Pair>(0, 0));
    std::atomic<bool> torn = false;
    std::vector<std::jthread> readers;
    for (int r = 0; r < 2; ++r) {
        readers.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                const auto value = snapshot.get();
                if (value->first != value->second) torn = true;
            }
        });
    }
    for (int i = 0; i < 20'000; ++i) snapshot.set(std::make_shared<const Pair>(i, i));
    readers.clear();
    EXPECT_FALSE(torn);
}

}  // namespace winnow
