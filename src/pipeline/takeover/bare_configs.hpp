#pragma once

/// @file
/// What setting a row aside needs to know of its tenant. Private to pipeline.

#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

/// Configurations without what is compiled, which may be what ends processes: all that setting a row aside needs.
class BareConfigs final : public ports::ConfigStore {
public:
    explicit BareConfigs(ports::ConfigStore& real) : real_(real) {}

    Result<domain::TenantConfig> load(TenantId tenant) override
    {
        auto config = real_.load(tenant);
        if (!config) return config;
        config->rules.clear();
        config->silences.clear();
        config->windows.clear();
        config->inhibitions.clear();
        return config;
    }
    Result<std::int64_t> policy_version(TenantId tenant) override { return real_.policy_version(tenant); }
    // One that changes meanwhile is as good: nobody else may wait for notices of the real one.
    Result<std::vector<std::pair<TenantId, ports::TenantVersions>>> versions() override
    {
        return std::vector<std::pair<TenantId, ports::TenantVersions>>();
    }
    Result<std::vector<ports::TenantChange>> wait_for_changes(std::chrono::milliseconds timeout) override
    {
        std::this_thread::sleep_for(timeout);
        return std::vector<ports::TenantChange>();
    }

private:
    ports::ConfigStore& real_;
};

}  // namespace winnow::pipeline
