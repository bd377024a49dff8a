#pragma once

/// @file
/// A response's body that is read from the database page by page while it is sent.

#include "api/analysis/analysis_threads.hpp"
#include "api/calls/page_line.hpp"
#include "api/calls/running_call.hpp"
#include "winnow/http/body.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace winnow::api {

/// How pages are read, and who pays for them.
struct PageTerms {
    ports::TenantDatabase& database;
    AnalysisThreads& analysis;
    std::chrono::milliseconds statement_timeout;  ///< Of each statement of a page.
    /// How long the caller's account makes its next page wait. Empty: not at all.
    std::function<std::chrono::milliseconds(const access::Principal&)> wait;
    /// Told what a page took of a processor, from any thread, also of one that failed. Empty: nobody is.
    std::function<void(const access::Principal&, std::chrono::nanoseconds)> paid;
    std::shared_ptr<PageLine> line = std::make_shared<PageLine>();
};

/// A page is an analysis: it waits for its tenant's turn, before that among the tenant's own pages, reads in a
/// transaction on a database thread, and is made on an analysis thread. Where the account is empty, or the node has no
/// room or no database at the moment, the page comes later.
///
/// What `terms` refers to must outlive the last pull that somebody waits for, though not the body.
class PagedBody final : public http::BodySource {
public:
    /// `call->pages` is its content.
    PagedBody(std::shared_ptr<RunningCall> call, std::shared_ptr<const PageTerms> terms);

    void pull(http::PieceSink sink) override;

private:
    const std::shared_ptr<RunningCall> call_;
    const std::shared_ptr<const PageTerms> terms_;
};

}  // namespace winnow::api
