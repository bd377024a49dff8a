#pragma once

/// @file
/// Makes the exports that wait, one at a time.

#include "winnow/domain/alert_ids.hpp"
#include "winnow/ports/tenants/export_jobs.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct ExportOptions {
    std::string node;                                 ///< Names the runner; different for every process.
    std::int64_t max_bytes = std::int64_t{4} << 30U;  ///< Of an archive: a longer one fails.
    std::chrono::milliseconds look{30'000};           ///< How often it looks for work that nobody told it of.
};

/// One thread of low priority. Memory is that of a piece of what is exported, some MiB, however much there is. Its end
/// puts what it is at back into the queue. All references must outlive it.
class ExportRunner {
public:
    ExportRunner(ports::ExportJobs& jobs, const domain::AlertIds& ids, ExportOptions options,
                 observe::Metrics& metrics);
    ~ExportRunner();
    ExportRunner(const ExportRunner&) = delete;
    ExportRunner& operator=(const ExportRunner&) = delete;

    void start();

    /// There may be something to do: look now. Thread-safe, and quick.
    void poke() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
