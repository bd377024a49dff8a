#pragma once

/// @file
/// One alert as Alertmanager's family writes it: labels, annotations, startsAt, endsAt, generatorURL.

#include "intake/alert/alert_fields.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace winnow::intake {

/// What differs between those who send such alerts.
struct AlertmanagerForm {
    /// Before the fingerprint in the keys of ticket and instance: two products' fingerprints are not each other's.
    std::string_view dedup_prefix = "alertmanager:";
    std::string_view instance_prefix = "am:";

    /// Who sends again and again: an alert without an end is over after this. A webhook is sent once: none.
    std::optional<std::chrono::milliseconds> resolve_timeout;

    /// Whether `status` says if the alert fires, and `fingerprint` which it is (webhooks); else its end and labels do.
    bool is_webhook = false;
};

/// Becomes an alert member by member. Everything it is given must outlive it. Nothing but an alert without any label
/// and annotation is refused: the sender can do nothing about it, and does not send it again.
class AlertmanagerAlert {
public:
    AlertmanagerAlert(Reader& reader, const Path& at, const Origin& origin, const domain::AlertLimits& limits,
                      const AlertmanagerForm& form, domain::Alert& alert)
        : reader_(reader), at_(at), origin_(origin), limits_(limits), form_(form), alert_(alert)
    {
    }

    /// Reads all of it.
    [[nodiscard]] Syntax read(ondemand::object& object);

private:
    static constexpr std::size_t kInside = 2;

    [[nodiscard]] Syntax member(std::string_view name, ondemand::value& value);
    [[nodiscard]] Syntax webhook_member(std::string_view name, ondemand::value& value, const Path& at);
    [[nodiscard]] Syntax texts(ondemand::value& value, const Path& at, domain::Labels& out, Excess& excess);
    [[nodiscard]] Syntax time(ondemand::value& value, const Path& at, bool is_end, std::optional<Timestamp>& out);
    void finish();
    void set_times();
    void set_identity();
    void set_texts();
    void set_severity();
    void set_links();
    void add_link(std::string_view name, const std::string& href, std::string_view text);

    Reader& reader_;
    const Path& at_;
    const Origin& origin_;
    const domain::AlertLimits& limits_;
    const AlertmanagerForm& form_;
    domain::Alert& alert_;
    domain::Labels all_labels_;
    domain::Labels annotations_;
    std::string generator_;
    std::array<std::string, 4> urls_;  // of the webhook's kUrls
    std::string status_;
    std::string fingerprint_;
    Details details_;
    Excess excess_;  // of the labels
    Excess more_annotations_;
};

}  // namespace winnow::intake
