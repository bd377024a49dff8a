#pragma once

/// @file
/// A message as channels see it: the notice of an event, and what its contact had not heard before. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::routing {

/// Texts are UTF-8, as senders wrote them; numbers, words and times (RFC 3339) as they stand in the notice. "" is what
/// it does not have. A function of the stored notice: nothing in it depends on when it is read.
struct Message {
    struct Ticket {
        std::string id;
        std::string number;
        std::string state;
        std::string severity;
        std::string title;
        std::string description;
        std::string dedup_key;
        std::string source;
        std::string service;
        std::string occurrences;
        std::string opened_at;
        std::string last_seen_at;
    };
    struct Change {
        std::string from;
        std::string to;
    };
    struct Earlier {
        std::string kind;
        std::string timestamp;
    };

    std::string kind;  ///< What happened: "opened", "recovered", …
    std::string timestamp;
    std::string tenant;                 ///< Its service code.
    Ticket ticket;                      ///< As it was right after the event.
    std::optional<Change> change = {};  ///< Of the severity.
    std::vector<Earlier> overtook =
        {};  ///< Messages about the ticket that did not get through to this contact, oldest first.
};

/// Reads what render_payload() gives, also where a database has reordered its members. nullopt where it is no message.
[[nodiscard]] std::optional<Message> read_message(std::string_view payload);

/// `[#12 CRITICAL] title`: one line without control characters, at most 250 bytes, UTF-8.
[[nodiscard]] std::string subject_line(const Message& message);

struct Mail {
    std::string subject;  ///< As subject_line().
    std::string text;     ///< Plain text, UTF-8, lines ended by LF.
};

[[nodiscard]] Mail render_mail(const Message& message);

/// Of a payload; one that cannot be read says so.
[[nodiscard]] Mail render_mail(const std::string& payload);

}  // namespace winnow::routing
