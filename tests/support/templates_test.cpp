#include "support/templates.hpp"

#include <gmock/gmock.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace winnow::test {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::StartsWith;

class Templates : public testing::Test {
protected:
    Templates()
    {
        auto name = (fs::temp_directory_path() / "winnow-templates-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        folder_ = name;
    }
    ~Templates() override
    {
        std::error_code failure;
        fs::remove_all(folder_, failure);
    }

    /// One that says which of those that were made it is: "1" for the first.
    void make(const fs::path& to)
    {
        fs::create_directory(to);
        fs::permissions(to, fs::perms::owner_all);
        std::ofstream(to / "which") << ++made_;
    }

    /// Which one it got.
    std::string copy(const std::string& to, const std::vector<std::string>& made_of)
    {
        put_copy(shelf(), {.name = "cluster", .made_of = made_of}, folder_ / to, [&] { make(folder_ / to); });
        return text_of(folder_ / to / "which");
    }

    static std::string text_of(const fs::path& file)
    {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    [[nodiscard]] fs::path shelf() const { return folder_ / "shelf/below"; }

    /// The names below the shelf, sorted.
    [[nodiscard]] std::vector<std::string> kept() const
    {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(shelf())) names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }

    fs::path folder_;
    std::atomic<int> made_{0};
};

TEST_F(Templates, TheFirstMakesItAndTheOthersHaveCopies)
{
    EXPECT_EQ(copy("a", {"sql"}), "1");
    EXPECT_EQ(copy("b", {"sql"}), "1");
    std::ofstream(folder_ / "b/which") << "changed";
    EXPECT_EQ(copy("c", {"sql"}), "1") << "what one does with its copy is its own";
    struct stat found{};
    ASSERT_EQ(stat((folder_ / "c").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0700U);
    EXPECT_THAT(kept(), ElementsAre(StartsWith("cluster-"), "cluster.lock"));
}

TEST_F(Templates, WhereAnythingThatItIsMadeOfHasChangedAnotherIsMadeAndTheOldOneGoes)
{
    const std::vector<std::vector<std::string>> all = {
        {"initdb", "create table a"}, {"initdb", "create table b"}, {"initdbcreate table b"}, {"initdb"}, {}};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto which = std::to_string(i + 1);
        EXPECT_EQ(copy("first" + which, all[i]), which);
        EXPECT_EQ(copy("again" + which, all[i]), which);
        EXPECT_THAT(kept(), ElementsAre(StartsWith("cluster-"), "cluster.lock"));
    }
}

TEST_F(Templates, OneOfAnotherNameStays)
{
    copy("a", {"sql"});
    put_copy(shelf(), {.name = "other", .made_of = {"sql"}}, folder_ / "b", [&] { make(folder_ / "b"); });
    EXPECT_EQ(copy("c", {"new sql"}), "3");
    EXPECT_THAT(kept(), ElementsAre(StartsWith("cluster-"), "cluster.lock", StartsWith("other-"), "other.lock"));
}

TEST_F(Templates, WhatAKilledMakerLeavesIsNoTemplate)
{
    const pid_t child = fork();
    if (child == 0) {
        put_copy(shelf(), {.name = "cluster", .made_of = {"sql"}}, folder_ / "a", [&] {
            make(folder_ / "a");
            kill(getpid(), SIGKILL);
        });
        _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(fs::exists(folder_ / "a/which"));
    EXPECT_THAT(kept(), ElementsAre("cluster.lock"));
    EXPECT_EQ(copy("b", {"sql"}), "1") << "made by this process";
    EXPECT_EQ(copy("c", {"sql"}), "1");
}

TEST_F(Templates, WhatIsHalfCopiedToTheShelfIsNoTemplateAndGoes)
{
    EXPECT_EQ(copy("a", {"sql"}), "1");
    const auto whole = shelf() / kept().front();
    fs::rename(whole, whole.string() + ".new.1");
    fs::remove(whole.string() + ".new.1/which");
    EXPECT_EQ(copy("b", {"sql"}), "2");
    EXPECT_EQ(copy("c", {"sql"}), "2");
    EXPECT_THAT(kept(), ElementsAre(whole.filename().string(), "cluster.lock"));
}

TEST_F(Templates, AMakerThatIsKilledWhileItKeepsACopyLeavesNoneOrAWholeOne)
{
    constexpr int kFiles = 1'000;
    const auto put = [&](const fs::path& to) {
        put_copy(shelf(), {.name = "cluster", .made_of = {"sql"}}, to, [&] {
            make(to);
            for (int i = 0; i < kFiles; ++i) std::ofstream(to / std::to_string(i));  // empty: soon removed
        });
    };
    const pid_t child = fork();
    if (child == 0) {
        put(folder_ / "a");
        _exit(0);
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while ((!fs::exists(shelf()) || kept().size() < 2) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});  // polls for the condition, with a deadline
    }
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    put(folder_ / "b");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "b"), {}), kFiles + 1);
}

TEST_F(Templates, WhereTwoComeAtOnceOneMakesItAndTheOtherWaits)
{
    std::promise<void> making;
    std::promise<void> asking;
    const auto ask = [&](const std::string& to, const std::function<void()>& meanwhile) {
        put_copy(shelf(), {.name = "cluster", .made_of = {"sql"}}, folder_ / to, [&] {
            meanwhile();
            make(folder_ / to);
        });
    };
    {
        const std::jthread one([&] {
            ask("a", [&] {
                making.set_value();
                asking.get_future().wait_for(std::chrono::minutes{1});
            });
        });
        making.get_future().wait();
        const std::jthread two([&] {
            asking.set_value();
            ask("b", [] {});
        });
    }
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(text_of(folder_ / "b/which"), "1");
}

TEST_F(Templates, WhatCannotBeMadeIsToldAndNothingIsKept)
{
    EXPECT_THROW(put_copy(shelf(), {.name = "cluster", .made_of = {"sql"}}, folder_ / "a",
                          [] { throw std::runtime_error("initdb failed"); }),
                 std::runtime_error);
    EXPECT_THAT(kept(), ElementsAre("cluster.lock"));
    EXPECT_EQ(copy("b", {"sql"}), "1");
}

TEST_F(Templates, WhereNothingCanBeKeptEachMakesItsOwn)
{
    std::ofstream(folder_ / "shelf") << "a file";
    EXPECT_EQ(copy("a", {"sql"}), "1");
    EXPECT_EQ(copy("b", {"sql"}), "2");
}

TEST_F(Templates, AFileIsAnotherAfterEachChange)
{
    const auto file = folder_ / "program";
    EXPECT_THAT(identity_of(file), testing::EndsWith("is not there"));
    std::ofstream(file) << "old";
    const auto before = identity_of(file);
    EXPECT_EQ(identity_of(file), before);
    const auto written = fs::last_write_time(file);
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    do {  // the clock of a file system goes in steps
        std::ofstream(file) << "new";
        fs::last_write_time(file, written);  // as who copies a file with its times
    } while (identity_of(file) == before && std::chrono::steady_clock::now() < end);
    EXPECT_NE(identity_of(file), before);
}

}  // namespace
}  // namespace winnow::test
