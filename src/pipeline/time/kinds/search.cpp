#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/chore_kinds.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

// Some ten milliseconds of the database's time: while it runs, versions of tickets that folds have overtaken stay, and
// a fold that finds no room beside a ticket writes to all of the ticket's indexes.
constexpr std::size_t kAtOnce = 50;

// Behind a storm it takes a quarter of the time: what opens tickets goes first, also what opens those of other tenants.
constexpr int kRests = 3;

class SearchKind final : public ports::DueKind {
public:
    SearchKind(ports::SearchIndex& index, std::chrono::milliseconds again, observe::Metrics& metrics)
        : index_(index),
          traits_{.name = "search", .again = again},
          set_aside_(metrics.counter("winnow_chore_set_aside_total",
                                     "Rows that a chore could not take in, and put aside.",
                                     {{"chore", "index_tickets"}}))
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    /// What failed is told of here, once.
    Result<ports::DueDone> run(const ports::DueTurn& /*turn*/) override
    {
        const auto begun = Clock::now();
        const auto advanced = index_.advance(kAtOnce);
        set_aside_.add(static_cast<double>(index_.set_aside() - counted_));
        counted_ = index_.set_aside();
        if (!advanced) {
            if (!std::exchange(failing_, true)) {
                observe::warn("tickets cannot be indexed, and it is tried again and again",
                              {{"error", advanced.error().message()}, {"code", to_string(advanced.error().code())}});
            }
            return ports::DueDone{.again_in = traits_.again};
        }
        if (std::exchange(failing_, false)) observe::info("tickets are indexed again");
        ports::DueDone done{.rows = *advanced};
        const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begun);
        if (*advanced > 0) done.again_in = std::min(took, traits_.again) * kRests;
        return done;
    }

private:
    ports::SearchIndex& index_;
    const ports::DueTraits traits_;
    const observe::Counter set_aside_;
    // Of whoever has the turn.
    std::size_t counted_ = 0;
    bool failing_ = false;  // it is told of once
};

}  // namespace

std::unique_ptr<ports::DueKind> make_search_kind(ports::SearchIndex& index, std::chrono::milliseconds again,
                                                 observe::Metrics& metrics)
{
    return std::make_unique<SearchKind>(index, again, metrics);
}

}  // namespace winnow::pipeline
