#include "api/tenants/provider_export.hpp"

#include "api/audit/audit_json.hpp"
#include "api/rest/page.hpp"
#include "api/tenants/provider_tenants.hpp"
#include "winnow/audit/export_lines.hpp"
#include "winnow/observe/log.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

using http::Piece;

/// So many are read at a time: of records up to 9 KiB each, mostly 1.
constexpr std::size_t kLinksAtOnce = 100;
constexpr std::size_t kAnchorsAtOnce = 500;
constexpr std::chrono::seconds kNoRoom{1};

/// Where an export is: used by one job at a time.
class ChainReader {
public:
    ChainReader(ports::ProviderStore& store, std::int64_t head)
        : store_(store), head_(head), begun_(audit::first_line(Uuid(), head))
    {
    }

    /// Blocking.
    Piece next() { return in_anchors_ ? anchors() : links(); }

private:
    Piece anchors()
    {
        const auto read = store_.audit_anchors(anchor_, kAnchorsAtOnce);
        if (!read) return Piece::broken(read.error().message());
        auto text = std::exchange(begun_, {});
        for (const auto& anchor : *read) {
            anchor_ = anchor.seq;
            if (anchor.seq <= head_) text += audit::anchor_line(anchor);
        }
        in_anchors_ = read->size() == kAnchorsAtOnce && anchor_ < head_;
        return Piece::more(std::move(text));
    }

    Piece links()
    {
        const auto read = store_.audit_links(link_, head_, kLinksAtOnce);
        if (!read) return Piece::broken(read.error().message());
        std::string text;
        for (const auto& record : *read) {
            text += audit::link_line(link_of(record));
            link_ = record.seq;
        }
        return read->size() < kLinksAtOnce ? Piece::last(std::move(text)) : Piece::more(std::move(text));
    }

    ports::ProviderStore& store_;
    const std::int64_t head_;
    std::string begun_;  // the first line, until it is sent
    bool in_anchors_ = true;
    std::int64_t anchor_ = 0;  // the last ones that were sent
    std::int64_t link_ = 0;
};

class ChainBody final : public http::BodySource {
public:
    ChainBody(std::shared_ptr<ChainReader> reader, HasDone has_done)
        : reader_(std::move(reader)), has_done_(std::move(has_done))
    {
    }

    void pull(http::PieceSink sink) override
    {
        // Shared with the refusal: a job that finds no room is left untouched.
        auto shared = std::make_shared<http::PieceSink>(std::move(sink));
        WorkerThreads::Job job = [reader = reader_, shared] {
            try {
                (*shared)(reader->next());
            } catch (const std::exception& failure) {  // the sink says that it is broken
                observe::error("an export could not be read on", {{"reason", failure.what()}});
            }
        };
        if (!has_done_(job)) (*shared)(Piece::later(kNoRoom));
    }

private:
    const std::shared_ptr<ChainReader> reader_;
    const HasDone has_done_;
};

}  // namespace

Result<http::Response> export_provider_audit(const http::Request& request, ports::ProviderStore& store,
                                             HasDone has_done)
{
    if (const auto known = only_parameters(request.head, {}); !known) return known.error();
    const auto head = store.begin_audit_export(provider_request_of(request));
    if (!head) return head.error();
    auto reader = std::make_shared<ChainReader>(store, *head);
    http::Response response(200, "application/x-ndjson",
                            std::make_unique<ChainBody>(std::move(reader), std::move(has_done)));
    response.set("Content-Disposition", "attachment; filename=\"provider-audit.ndjson\"");
    return response;
}

}  // namespace winnow::api
