#pragma once

/// @file
/// What the management listener serves.

#include "winnow/access/permission.hpp"
#include "winnow/http/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::api {

enum class ManagementAction : std::uint8_t {
    create,
    list,
    show,
    change,
    invite,
    suspend,
    resume,
    close,
    cancel_close,
    erase,
    erasures,
    erasure,
    certificate,
    quotas,
    set_quotas,
    quarantine,
    release,
    reset_networks,
    publish,
    published,
    announcement,
    withdraw,
    inquiries,
    inquiry,
    inquiry_messages,
    answer_inquiry,
    close_inquiry,
    create_staff,
    staff,
    reset_staff,
    disable_staff,
    enrol,
    confirm,
    sign_in,
    sign_out,
    request_support,
    support_grants,
    support_grant,
    approve_support,
    end_support,
    read_support,
    audit,
    audit_export,
    vault,
    rotate_root,
    keys,
    rotate_keys,
    destroy_keys,
    metrics,
    alive,
    ready
};

struct ManagementRoute {
    std::string_view method;
    std::string_view pattern;  ///< One `{id}` at most, and at its end `{path}`: all that follows.
    access::Permission permission;
    std::string_view operation_id;
    ManagementAction action;
    bool support_does = false;  ///< Staff whose role is "support" do it, although it changes something.
    bool takes_person = false;  ///< Only one of the staff who has signed in does it: a key is no person.
};

struct ManagementMatch {
    const ManagementRoute* route = nullptr;
    std::string id;
    std::string path;     ///< What stands for `{path}`; "": the pattern has none.
    std::string allowed;  ///< Methods of the path, where the asked one is not among them.
};

/// HEAD finds GET's route; a slash at the end counts for nothing.
[[nodiscard]] ManagementMatch find_management_route(const http::RequestHead& head);

}  // namespace winnow::api
