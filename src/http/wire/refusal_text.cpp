#include "http/wire/refusal_text.hpp"

#include <chrono>

namespace winnow::http {

namespace {

std::string time_text(std::chrono::milliseconds time)
{
    constexpr auto kSecond = std::chrono::milliseconds(std::chrono::seconds(1)).count();
    const auto count = time.count();
    return count % kSecond == 0 ? std::to_string(count / kSecond) + " s" : std::to_string(count) + " ms";
}

}  // namespace

std::string head_detail(const Refusal& refusal, const Limits& limits)
{
    constexpr int kTimeout = 408;
    constexpr int kUrlTooLong = 414;
    constexpr int kHeadTooLarge = 431;
    if (refusal.status == kTimeout) {
        return "The request's head did not arrive completely within the " + time_text(limits.header) +
               " that this server waits for one.";
    }
    if (refusal.status == kUrlTooLong) {
        return "The request's URL is longer than the " + std::to_string(limits.max_url_bytes) +
               " bytes that this server takes (http.max_url_bytes).";
    }
    if (refusal.status != kHeadTooLarge) return {};
    if (refusal.code == "too_many_headers") {
        return "The request has more than the " + std::to_string(limits.max_header_count) +
               " header fields that this server takes (http.max_header_count).";
    }
    return "The request's line and header fields are longer than the " + std::to_string(limits.max_header_bytes) +
           " bytes that this server takes (http.max_header_bytes).";
}

std::string slow_body_detail(bool whole, const Limits& limits)
{
    if (whole) {
        return "The request's body did not arrive completely within the " + time_text(limits.body) +
               " that this server waits for one.";
    }
    return "The request's body came slower than the " + std::to_string(limits.min_body_rate) +
           " bytes a second, over each " + time_text(limits.body_pace) +
           ", that this server asks of bodies over 64 KiB.";
}

std::string large_body_detail(std::size_t most, std::string_view setting)
{
    const auto whose = setting.empty() ? std::string() : " (" + std::string(setting) + " of this server)";
    return "The request's body is longer than the " + std::to_string(most) + " bytes that this resource takes" + whose +
           '.';
}

std::string no_memory_detail(BodyMemory::Lack lack, const BodyMemory& memory)
{
    if (lack == BodyMemory::Lack::of_caller) {
        return "The tenant's bodies over 64 KiB that are under way on this node fill its " +
               std::to_string(memory.share()) +
               " bytes, a quarter of what all may have; send this one again when they are answered.";
    }
    return "The bodies over 64 KiB that are under way on this node, of all tenants, fill the " +
           std::to_string(memory.limit()) + " bytes that they may have together; send this one again later.";
}

std::string busy_tenant_detail(std::size_t most)
{
    return "The tenant has " + std::to_string(most) +
           " requests under way on this node, as many as one tenant may: "
           "three eighths of http.max_connections.";
}

std::string many_streams_detail(std::size_t most)
{
    return "The tenant has " + std::to_string(most) +
           " answers under way on this node that are made while they are sent, such as CSV, as many as one tenant may "
           "(http.max_streams_per_tenant, and half of its requests at most); come again when one of them has ended.";
}

}  // namespace winnow::http
