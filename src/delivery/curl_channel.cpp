#include "delivery/curl_channel.hpp"

#include "delivery/channels/mail/server_mail.hpp"
#include "delivery/channels/setting.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

namespace winnow::delivery {

namespace {

using Outcome = ports::SendReport::Outcome;

constexpr int kLongestPollMs = 1'000;   // libcurl's own timers and wake-ups end it sooner
constexpr long kOpenConnections = 512;  // with those that rest; more while more are under way
constexpr std::size_t kMaxErrorBytes = 500;

CURLM* start_libcurl()
{
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* const multi = started == CURLE_OK ? curl_multi_init() : nullptr;
    if (multi == nullptr) throw std::runtime_error("libcurl does not start");
    return multi;
}

std::chrono::sys_seconds seconds_now()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void check_readable(const std::string& file, const char* option)
{
    if (file.empty() || std::ifstream(file).good()) return;
    throw std::invalid_argument(std::string(option) + ": \"" + file +
                                "\" cannot be read; name a PEM file of certificate authorities, or none");
}

DeliveryOptions checked(DeliveryOptions options)
{
    check_readable(options.webhook_ca_file, "webhook_ca_file");
    check_readable(options.smtp.ca_file, "smtp.ca_file");
    options.max_concurrent = std::max<std::size_t>(options.max_concurrent, 1);
    return options;
}

}  // namespace

CurlChannel::Lane::Lane(const ChannelType& channel, observe::Metrics& metrics)
    : type(channel),
      seconds(metrics.histogram("winnow_delivery_attempt_seconds", "Duration of one attempt to hand a message over",
                                {{"type", std::string(channel.contact.type)}},
                                {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}))
{
    constexpr std::array kNames{"delivered", "retry", "refused"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        outcomes[i] = metrics.counter("winnow_delivery_attempts_total", "Attempts to hand a message over",
                                      {{"type", std::string(channel.contact.type)}, {"outcome", kNames[i]}});
    }
}

std::vector<std::unique_ptr<CurlChannel::Lane>> CurlChannel::make_lanes(observe::Metrics& metrics)
{
    std::vector<std::unique_ptr<Lane>> lanes;
    for (const auto* const channel : channels()) lanes.push_back(std::make_unique<Lane>(*channel, metrics));
    return lanes;
}

CurlChannel::CurlChannel(DeliveryOptions options, ports::Sealing& sealing, observe::Metrics& metrics)
    : options_(checked(std::move(options))),
      guard_(options_.egress_allow),
      sealing_(sealing),
      lanes_(make_lanes(metrics)),
      multi_(start_libcurl())
{
    // No bound a host: many tenants may share one, and who calls has given each its share.
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kOpenConnections);
    thread_ = std::thread([this] { run(); });
}

CurlChannel::~CurlChannel()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
}

void CurlChannel::send(const ports::ClaimedDelivery& message, std::function<void(ports::SendReport)> done)
{
    auto* const lane = lane_of(message.contact.type);
    order(lane, prepare(lane, message), std::move(done));
}

void CurlChannel::send(const ports::OwedMail& mail, std::function<void(ports::SendReport)> done)
{
    order(lane_of(mail_channel().contact.type), prepare_server_mail(mail, tools()), std::move(done));
}

void CurlChannel::order(Lane* lane, Prepared prepared, std::function<void(ports::SendReport)> done)
{
    Order order{.lane = lane, .prepared = std::move(prepared), .done = std::move(done), .since = SteadyClock::now()};
    {
        const std::lock_guard lock(mutex_);
        incoming_.push_back(std::move(order));
    }
    curl_multi_wakeup(multi_.get());
}

CurlChannel::Lane* CurlChannel::lane_of(std::string_view type) const
{
    const auto found = std::ranges::find(lanes_, type, [](const auto& lane) { return lane->type.contact.type; });
    return found == lanes_.end() ? nullptr : found->get();
}

Prepared CurlChannel::prepare(const Lane* lane, const ports::ClaimedDelivery& message) const
{
    if (message.delivery.payload.empty()) {
        observe::error("a delivery's notice is not there", {{"delivery", message.delivery.id.str()}});
        return refused("What was to be told is not stored any more.");
    }
    if (lane != nullptr) return lane->type.prepare(message, tools());
    ports::SendReport unknown;  // retry: while nodes are replaced a newer one may know it
    unknown.error = "This service does not know contacts of that type.";
    return std::unexpected(std::move(unknown));
}

void CurlChannel::run()
{
    observe::name_thread("channel");
    while (!stopping()) {
        take_orders();
        begin_waiting();
        int active = 0;
        curl_multi_perform(multi_.get(), &active);
        collect();
        if (next_lane() != nullptr) continue;
        curl_multi_poll(multi_.get(), nullptr, 0, kLongestPollMs, nullptr);
    }
    give_up_rest();
}

bool CurlChannel::stopping() const
{
    const std::lock_guard lock(mutex_);
    return stopping_;
}

void CurlChannel::take_orders()
{
    std::vector<Order> orders;
    {
        const std::lock_guard lock(mutex_);
        orders.swap(incoming_);
    }
    for (auto& order : orders) {
        if (order.prepared) {
            auto& waiting = order.lane->waiting;
            waiting.push_back(std::move(order));
        } else {
            report(order, order.prepared.error());
        }
    }
}

void CurlChannel::begin_waiting()
{
    give_up_what_waits_too_long();
    while (auto* const lane = next_lane()) {
        auto order = std::move(lane->waiting.front());
        lane->waiting.pop_front();
        begin(std::move(order));
    }
}

/// Who has the next turn: bounded lanes first, which need few places, then whose oldest came first. None where there is
/// no place, or nothing that may begin.
CurlChannel::Lane* CurlChannel::next_lane() const
{
    if (running_.size() >= options_.max_concurrent) return nullptr;
    Lane* next = nullptr;
    for (const auto& lane : lanes_) {
        if (!lane->has_turn()) continue;
        const auto rank = [](const Lane& of) {
            return std::pair(!of.is_bounded(), of.waiting.front().since);
        };
        if (next == nullptr || rank(*lane) < rank(*next)) next = lane.get();
    }
    return next;
}

/// Their leases go on meanwhile.
void CurlChannel::give_up_what_waits_too_long()
{
    const auto latest = SteadyClock::now() - options_.total_timeout;
    for (const auto& lane : lanes_) {
        auto& waiting = lane->waiting;
        while (lane->is_bounded() && !waiting.empty() && waiting.front().since < latest) {
            ports::SendReport busy;
            busy.error = lane->type.bound.told_if_late;
            report(waiting.front(), std::move(busy));
            waiting.pop_front();
        }
    }
}

void CurlChannel::begin(Order order)
{
    order.since = SteadyClock::now();
    try {
        auto transfer = spare_transfer();
        (*order.prepared)->arm(transfer.get(), seconds_now());
        if (curl_multi_add_handle(multi_.get(), transfer.get()) != CURLM_OK) {
            throw std::runtime_error("libcurl takes no more transfers");
        }
        ++order.lane->running;
        auto* const key = transfer.get();
        running_.emplace(key, Running{std::move(transfer), std::move(order)});
    } catch (const std::exception& failure) {
        observe::error("a delivery cannot be begun", {{"reason", failure.what()}});
        ports::SendReport result;
        result.error = "This service could not begin the delivery.";
        report(order, std::move(result));
    }
}

void CurlChannel::collect()
{
    int left = 0;
    while (const auto* const message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto end = message->data.result;  // the message goes with the handle
        auto running = running_.extract(message->easy_handle);
        auto& [transfer, order] = running.mapped();
        --order.lane->running;
        auto result = (*order.prepared)->judge(transfer.get(), end, seconds_now());
        curl_multi_remove_handle(multi_.get(), transfer.get());
        report(order, std::move(result));
        order.prepared->reset();
        spare_.push_back(std::move(transfer));
    }
}

void CurlChannel::give_up_rest()
{
    take_orders();
    ports::SendReport stopped;
    stopped.error = "This service was stopped before the delivery was through.";
    for (const auto& [transfer, running] : running_) {
        curl_multi_remove_handle(multi_.get(), transfer);
        report(running.order, stopped);
    }
    running_.clear();
    for (const auto& lane : lanes_) {
        for (const auto& order : std::exchange(lane->waiting, {})) report(order, stopped);
    }
    spare_.clear();
}

void CurlChannel::report(const Order& order, ports::SendReport report)
{
    if (const auto* const lane = order.lane; lane != nullptr) {
        lane->outcomes.at(static_cast<std::size_t>(report.outcome)).add();
        lane->seconds.observe(std::chrono::duration<double>(SteadyClock::now() - order.since).count());
    }
    if (report.error.size() > kMaxErrorBytes) report.error.resize(kMaxErrorBytes);  // ASCII: our own sentences
    order.done(std::move(report));
}

Transfer CurlChannel::spare_transfer()
{
    if (!spare_.empty()) {
        auto transfer = std::move(spare_.back());
        spare_.pop_back();
        curl_easy_reset(transfer.get());
        return transfer;
    }
    Transfer transfer(curl_easy_init());
    if (!transfer) throw std::runtime_error("libcurl: out of memory");
    return transfer;
}

}  // namespace winnow::delivery
