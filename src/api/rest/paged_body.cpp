#include "api/rest/paged_body.hpp"

#include "winnow/observe/processor_time.hpp"

#include <exception>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

using http::Piece;

/// When a page that found no place in its tenant's line is asked for again.
constexpr std::chrono::milliseconds kSoon{100};

/// One page on its way. The one after it is not asked for before this one is told.
struct Asked {
    std::shared_ptr<RunningCall> call;
    http::PieceSink sink;
    MakePage make;
    std::chrono::nanoseconds spent{0};  ///< Of a processor, by reading it.
};

void fail(Asked& asked, const Error& error)
{
    const bool is_busy = error.code() == ErrorCode::rate_limited;
    asked.sink(is_busy ? Piece::later(kSoon) : Piece::broken(error.message()));
}

Result<Done> read(Asked& asked, ports::TenantSession& session)
{
    const auto before = observe::processor_time();
    auto made = asked.call->pages->read(asked.call->call(), session);
    asked.spent = observe::processor_time() - before;
    if (!made) return made.error();
    asked.make = *std::move(made);
    return Done{};
}

void make(Asked& asked)
{
    auto page = [&]() -> Result<Page> {
        try {
            return asked.make();
        } catch (const std::exception& failure) {
            return Error(ErrorCode::internal, failure.what());
        }
    }();
    asked.make = {};  // what was read goes before its text does
    if (!page) return fail(asked, page.error());
    asked.sink(page->is_last ? Piece::last(std::move(page->text)) : Piece::more(std::move(page->text)));
}

}  // namespace

PagedBody::PagedBody(std::shared_ptr<RunningCall> call, std::shared_ptr<const PageTerms> terms)
    : call_(std::move(call)), terms_(std::move(terms))
{
}

void PagedBody::pull(http::PieceSink sink)
{
    const auto wait = terms_->wait ? terms_->wait(call_->who) : std::chrono::milliseconds{0};
    if (wait.count() > 0) return sink(Piece::later(wait));

    const auto asked = std::make_shared<Asked>(Asked{.call = call_, .sink = std::move(sink), .make = {}});
    const auto failed = [asked](const Error& error) {
        fail(*asked, error);
    };
    const auto given_up = [call = call_] {
        return call->request.is_given_up();
    };
    auto load = [asked, failed, given_up, paid = terms_->paid, timeout = terms_->statement_timeout,
                 &database = terms_->database](AnalysisThreads::Turn turn) {
        auto loaded = [asked, failed, paid, turn = std::move(turn)](const Result<Done>& done) mutable {
            if (!done) {
                if (paid) paid(asked->call->who, asked->spent);
                return failed(done.error());
            }
            AnalysisThreads::Paid pay;
            if (paid) {
                pay = [paid, who = asked->call->who, read = asked->spent](std::chrono::nanoseconds spent) {
                    paid(who, read + spent);
                };
            }
            std::move(turn).run([asked] { make(*asked); }, failed, std::move(pay));
        };
        database.submit(asked->call->who.tenant,
                        [asked](ports::TenantSession& session) { return read(*asked, session); }, std::move(loaded),
                        {.given_up = given_up, .statement_timeout = timeout, .reads_only = true});
    };
    terms_->analysis.submit(call_->who.tenant, std::move(load), failed, given_up);
}

}  // namespace winnow::api
