#include "api/calls/paged_body.hpp"

#include "winnow/observe/processor_time.hpp"

#include <exception>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

using http::Piece;

/// When a page that found no room, or no database, is asked for again.
constexpr std::chrono::milliseconds kSoon{100};

/// One page on its way. The one after it is not asked for before this one is told.
struct Asked {
    std::shared_ptr<RunningCall> call;
    std::shared_ptr<const PageTerms> terms;
    http::PieceSink sink;
    PageLine::Place place;
    MakePage make = {};
    std::chrono::nanoseconds spent{0};  ///< Of a processor, by reading it.
};

void tell(Asked& asked, Piece piece)
{
    asked.sink(std::move(piece));
    asked.place.leave();
}

/// What passes does not end a body in its middle: it is asked for again for as long as a piece may take.
void fail(Asked& asked, const Error& error)
{
    const bool passes = error.code() == ErrorCode::rate_limited || error.code() == ErrorCode::unavailable;
    tell(asked, passes ? Piece::later(kSoon) : Piece::broken(error.message()));
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
    tell(asked, page->is_last ? Piece::last(std::move(page->text)) : Piece::more(std::move(page->text)));
}

/// It is the page's turn among its tenant's.
void begin(const std::shared_ptr<Asked>& asked)
{
    const auto call = asked->call;
    const auto terms = asked->terms;
    if (call->request.is_given_up()) return tell(*asked, Piece::broken("Nobody waits for it any more."));
    const auto wait = terms->wait ? terms->wait(call->who) : std::chrono::milliseconds{0};
    if (wait.count() > 0) return tell(*asked, Piece::later(wait));

    const auto failed = [asked](const Error& error) {
        fail(*asked, error);
    };
    const auto given_up = [call] {
        return call->request.is_given_up();
    };
    auto load = [asked, failed, given_up](AnalysisThreads::Turn turn) {
        const auto& terms = *asked->terms;
        auto loaded = [asked, failed, turn = std::move(turn)](const Result<Done>& done) mutable {
            const auto& paid = asked->terms->paid;
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
        terms.database.submit(asked->call->who.tenant,
                              [asked](ports::TenantSession& session) { return read(*asked, session); },
                              std::move(loaded),
                              {.given_up = given_up,
                               .statement_timeout = terms.statement_timeout,
                               .reads_only = true,
                               .groups = asked->call->who.groups});
    };
    terms->analysis.submit(call->who.tenant, std::move(load), failed, given_up, AnalysisThreads::Order::in_turn);
}

}  // namespace

PagedBody::PagedBody(std::shared_ptr<RunningCall> call, std::shared_ptr<const PageTerms> terms)
    : call_(std::move(call)), terms_(std::move(terms))
{
}

void PagedBody::pull(http::PieceSink sink)
{
    terms_->line->enter(call_->who.tenant, [call = call_, terms = terms_,
                                            sink = std::move(sink)](PageLine::Place place) mutable {
        begin(std::make_shared<Asked>(Asked{
            .call = std::move(call), .terms = std::move(terms), .sink = std::move(sink), .place = std::move(place)}));
    });
}

}  // namespace winnow::api
