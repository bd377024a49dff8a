#pragma once

/// @file
/// What alerts at the door count for: by their head before the body is read, and by what they were afterwards.

#include "api/rates/rates.hpp"
#include "winnow/http/message.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace winnow::api {

/// A body of that length: 1, and 1 for each 4 KiB.
[[nodiscard]] constexpr std::int64_t units_of_body(std::size_t bytes) noexcept
{
    constexpr std::size_t kUnit = 4'096;
    return 1 + static_cast<std::int64_t>(bytes / kUnit);
}

/// What a head pays. What it announces beyond `max_body_bytes` is never read.
[[nodiscard]] std::int64_t units_of_head(const http::RequestHead& head, std::size_t max_body_bytes);

/// The rest, charged when it is destroyed, whatever became of the body: a unit an alert, and no less than
/// units_of_body() of the body with its Content-Encoding undone.
class IngestBill {
public:
    /// `rates` may be null: nothing is charged.
    IngestBill(std::shared_ptr<Rates> rates, const access::Principal& who, const http::Request& request,
               std::size_t max_body_bytes);
    ~IngestBill();
    IngestBill(const IngestBill&) = delete;
    IngestBill& operator=(const IngestBill&) = delete;

    void bytes(std::size_t decoded) { bytes_ = std::max(bytes_, decoded); }
    void alerts(std::size_t items) { alerts_ = items; }

private:
    const std::shared_ptr<Rates> rates_;
    const Payer payer_;
    const std::int64_t paid_;
    std::size_t bytes_;
    std::size_t alerts_ = 0;
};

}  // namespace winnow::api
