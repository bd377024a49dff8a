#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/ports/access/source_network_trials.hpp"

#include <memory>
#include <vector>

namespace winnow::pipeline {

namespace {

class SourceNetworksKind final : public ports::DueKind {
public:
    SourceNetworksKind(ports::SourceNetworkTrials& trials, std::chrono::milliseconds again)
        : trials_(trials), traits_{.name = "source_networks", .again = again, .dated = true}
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t limit) override { return trials_.over(limit); }

    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        const auto since = trials_.revert(turn.tenant);
        if (!since) return since.error();
        if (!*since) return ports::DueDone{};
        return ports::DueDone{.rows = 1, .since = *since};
    }

private:
    ports::SourceNetworkTrials& trials_;
    const ports::DueTraits traits_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_source_networks_kind(ports::SourceNetworkTrials& trials,
                                                          std::chrono::milliseconds again)
{
    return std::make_unique<SourceNetworksKind>(trials, again);
}

}  // namespace winnow::pipeline
