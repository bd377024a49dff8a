#pragma once

/// @file
/// Runs a resource's handler in a transaction of its tenant, and answers after the commit, or after the analysis of
/// what the handler has read.

#include "api/analysis/analysis_threads.hpp"
#include "api/audit/access_note.hpp"
#include "api/calls/paged_body.hpp"
#include "api/rest/route.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace winnow::api {

/// Thread-safe.
class SessionCalls {
public:
    /// Told what a request took of a processor, from any thread, also when whoever made this is gone. Empty: nobody is.
    using Told = std::function<void(const access::Principal&, std::chrono::nanoseconds)>;

    struct Options {
        std::chrono::milliseconds read_timeout{5'000};  ///< Of each statement of a GET that is no analysis.
        AnalysisThreads::Options analysis;
        Told analysed = {};  ///< Of analyses, and of what is charged as they are.
        Told has_read = {};  ///< Of every other GET, before its answer is sent.
        /// As PageTerms has them.
        std::function<std::chrono::milliseconds(const access::Principal&)> page_wait = {};
        std::function<void(const access::Principal&, std::chrono::nanoseconds)> page_paid = {};
    };

    SessionCalls(ports::TenantDatabase& database, Services services, const Options& options)
        : database_(database),
          services_(std::move(services)),
          read_timeout_(options.read_timeout),
          analysed_(options.analysed),
          has_read_(options.has_read),
          analysis_(options.analysis),
          page_terms_(std::make_shared<const PageTerms>(PageTerms{.database = database,
                                                                  .analysis = analysis_,
                                                                  .statement_timeout = options.read_timeout,
                                                                  .wait = options.page_wait,
                                                                  .paid = options.page_paid}))
    {
    }

    /// A POST's Idempotency-Key is honoured: the first answer is stored with the work, and given again. The call keeps
    /// all that it needs, and may come to its turn after whoever started it is gone. An answer that is read page by
    /// page asks for no more of them then. What changes something is written into `note` by its own transaction
    /// (AccessNote::is_stored); null: it is in no log.
    void run(std::shared_ptr<const Route> route, PathParameters parameters, access::Principal who,
             http::Request request, http::ResponseSink sink, std::shared_ptr<AccessNote> note = nullptr);

private:
    ports::TenantDatabase& database_;
    const Services services_;
    const std::chrono::milliseconds read_timeout_;
    const Told analysed_;
    const Told has_read_;
    AnalysisThreads analysis_;
    const std::shared_ptr<const PageTerms> page_terms_;
};

}  // namespace winnow::api
