/// @file
/// Rounds over tenants while another node is at the same chore.

#include "pg/turns/tenant_rounds.hpp"

#include "integration/pg/fixture.hpp"

#include <stdexcept>

namespace winnow::pg {
namespace {

class TenantRoundsTest : public PgTest {
protected:
    /// One step; the tenants' range that it was about.
    std::string step(const TenantRounds::Attempt& attempt)
    {
        std::string range;
        const auto done = rounds_.step(sessions_.of(Errand::chores), [&](auto& tx, auto& stretch, const auto& without) {
            range = stretch.first == stretch.last ? stretch.first : "all but " + without;
            return attempt(tx, stretch, without);
        });
        EXPECT_TRUE(done);
        if (done) step_ = *done;
        return range;
    }
    void part_from(TenantId poisoned)
    {
        do {
            step([&](auto& /*tx*/, const auto& stretch, const auto& /*without*/) -> ports::ChoreStep {
                const auto id = poisoned.str();
                if (stretch.first <= id && id <= stretch.last) throw std::runtime_error("poisoned");
                return {};
            });
        } while (step_.more);
    }
    static std::optional<ports::ChoreStep> refused(pqxx::transaction_base& /*tx*/, const Stretch& /*stretch*/,
                                                   const std::string& /*without*/)
    {
        return std::nullopt;
    }

    const TenantId one_ = new_tenant(), two_ = new_tenant();
    const Sessions sessions_{pipeline()};
    TenantRounds rounds_{"made", {.first = std::chrono::milliseconds{0}}};
    ports::ChoreStep step_;
};

TEST_F(TenantRoundsTest, WhoIsSetBackStaysItWhereAnotherNodeIsAtTheChore)
{
    part_from(two_);
    ASSERT_EQ(step(refused), two_.str()) << "whose pause is over is tried alone";
    EXPECT_FALSE(step_.more);
    EXPECT_TRUE(step_.again_in);
    EXPECT_EQ(step(refused), two_.str()) << "and is not parted from the others again: nothing was tried";
    const auto done = [](auto& /*tx*/, const auto& /*stretch*/, const auto& /*without*/) -> ports::ChoreStep {
        return {};
    };
    EXPECT_EQ(step(done), two_.str());
    EXPECT_EQ(step(done), "all but {}") << "it was done for him";
}

TEST_F(TenantRoundsTest, ARoundThatAnotherNodeIsAtIsLeftToIt)
{
    EXPECT_EQ(step(refused), "all but {}");
    EXPECT_FALSE(step_.more);
    EXPECT_FALSE(step_.again_in);
}

}  // namespace
}  // namespace winnow::pg
