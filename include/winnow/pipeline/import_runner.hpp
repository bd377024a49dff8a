#pragma once

/// @file
/// Does the imports that wait, one at a time.

#include "winnow/domain/alert_ids.hpp"
#include "winnow/ports/tenants/import_jobs.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct ImportOptions {
    std::string node;                                 ///< Names the runner; different for every process.
    std::int64_t max_bytes = std::int64_t{4} << 30U;  ///< Of an archive.
    std::chrono::milliseconds look{30'000};           ///< How often it looks for work that nobody told it of.
};

/// One thread of low priority. Memory is that of a member of an archive, some MiB, and of 16 bytes for each row that
/// others refer to. Its end puts what it is at back into the queue. All references must outlive it.
class ImportRunner {
public:
    ImportRunner(ports::ImportJobs& jobs, const domain::AlertIds& ids, ImportOptions options,
                 observe::Metrics& metrics);
    ~ImportRunner();
    ImportRunner(const ImportRunner&) = delete;
    ImportRunner& operator=(const ImportRunner&) = delete;

    void start();

    /// There may be something to do: look now. Thread-safe, and quick.
    void poke() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
