#include "api/rates/ingest_bill.hpp"

#include <charconv>
#include <utility>

namespace winnow::api {

std::int64_t units_of_head(const http::RequestHead& head, std::size_t max_body_bytes)
{
    const auto announced = head.header("Content-Length");
    std::uint64_t bytes = 0;
    const auto [end, wrong] = std::from_chars(announced.data(), announced.data() + announced.size(), bytes);
    if (wrong != std::errc()) bytes = announced.empty() ? 0 : max_body_bytes;
    return units_of_body(std::min<std::uint64_t>(bytes, max_body_bytes));
}

IngestBill::IngestBill(std::shared_ptr<Rates> rates, const access::Principal& who, const http::Request& request,
                       std::size_t max_body_bytes)
    : rates_(std::move(rates)),
      payer_(payer_of(who)),
      paid_(units_of_head(request.head, max_body_bytes)),
      bytes_(request.body.size())
{
}

IngestBill::~IngestBill()
{
    const auto due = std::max(static_cast<std::int64_t>(alerts_), units_of_body(bytes_));
    if (rates_) rates_->settle(payer_, domain::RateClass::ingest, due - paid_);
}

}  // namespace winnow::api
