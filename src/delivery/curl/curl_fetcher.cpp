#include "delivery/curl/curl_fetcher.hpp"

#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <stdexcept>
#include <utility>

namespace winnow::delivery {

namespace {

constexpr int kLongestPollMs = 1'000;  // libcurl's own timers and wake-ups end it sooner
constexpr std::size_t kMaxHeaderBytes = 65'536;
constexpr auto kPeer = "The provider";

CURLM* start_libcurl()
{
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* const multi = started == CURLE_OK ? curl_multi_init() : nullptr;
    if (multi == nullptr) throw std::runtime_error("libcurl does not start");
    return multi;
}

std::string header_of(CURL* transfer, const char* name)
{
    curl_header* found = nullptr;
    if (curl_easy_header(transfer, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
    return found->value;
}

}  // namespace

CurlFetcher::Errand::Errand(ports::Fetch asked, Done told, const EgressGuard& guard)
    : what(std::move(asked)), done(std::move(told)), socket(guard, /*plain=*/false)
{
}

std::size_t CurlFetcher::Errand::take_body(const char* bytes, std::size_t size, std::size_t count, void* self)
{
    auto& errand = *static_cast<Errand*>(self);
    const auto length = size * count;
    if (length > errand.what.max_bytes - errand.body.size()) {
        errand.too_large = true;
        return 0;  // ends the transfer
    }
    errand.body.append(bytes, length);
    return length;
}

std::size_t CurlFetcher::Errand::take_header(const char* /*bytes*/, std::size_t size, std::size_t count, void* self)
{
    auto& errand = *static_cast<Errand*>(self);
    errand.header_bytes += size * count;
    if (errand.header_bytes <= kMaxHeaderBytes) return size * count;
    errand.too_large = true;
    return 0;
}

CurlFetcher::CurlFetcher(const DeliveryOptions& options)
    : options_(options), guard_(options.egress_allow), multi_(start_libcurl())
{
    thread_ = std::thread([this] { run(); });
}

CurlFetcher::~CurlFetcher()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
}

void CurlFetcher::fetch(ports::Fetch what, Done done)
{
    const auto tenant = what.tenant;
    auto errand = std::make_unique<Errand>(std::move(what), std::move(done), guard_);
    {
        const std::lock_guard lock(mutex_);
        const auto found = of_tenant_.find(tenant);
        const auto mine = found == of_tenant_.end() ? 0 : found->second;
        if (under_way_ < kMostFetches && mine < kMostFetchesOfTenant && !stopping_) {
            ++of_tenant_[tenant];
            ++under_way_;
            incoming_.push_back(std::move(errand));
        }
    }
    if (errand) return errand->done(Error(ErrorCode::unavailable, "Too many providers are asked at the moment."));
    curl_multi_wakeup(multi_.get());
}

void CurlFetcher::run()
{
    observe::name_thread("fetcher");
    while (begin_all()) {
        int active = 0;
        curl_multi_perform(multi_.get(), &active);
        collect();
        curl_multi_poll(multi_.get(), nullptr, 0, kLongestPollMs, nullptr);
    }
    give_up_rest();
}

/// False once the fetcher is stopping.
bool CurlFetcher::begin_all()
{
    std::vector<std::unique_ptr<Errand>> errands;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return false;
        errands.swap(incoming_);
    }
    for (auto& errand : errands) begin(std::move(errand));
    return true;
}

void CurlFetcher::begin(std::unique_ptr<Errand> errand)
{
    try {
        Transfer transfer(curl_easy_init());
        if (!transfer) throw std::runtime_error("libcurl: out of memory");
        arm(transfer.get(), *errand);
        if (curl_multi_add_handle(multi_.get(), transfer.get()) != CURLM_OK) {
            throw std::runtime_error("libcurl takes no more transfers");
        }
        auto* const key = transfer.get();
        running_.emplace(key, Running{.transfer = std::move(transfer), .errand = std::move(errand)});
    } catch (const std::exception& failure) {
        observe::error("a provider of sign-ins cannot be asked", {{"reason", failure.what()}});
        if (errand) finish(*errand, Error(ErrorCode::unavailable, "This service could not ask the provider."));
    }
}

void CurlFetcher::arm(CURL* transfer, Errand& errand) const
{
    const auto& what = errand.what;
    set_common(transfer, options_, "https", options_.webhook_ca_file);
    set(transfer, CURLOPT_URL, what.url.c_str());
    set(transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(transfer, CURLOPT_USERAGENT, "winnow/" WINNOW_VERSION);
    append(errand.headers, "Accept: application/json");
    if (!what.authorization.empty()) append(errand.headers, "Authorization: " + what.authorization);
    if (what.form) {
        set(transfer, CURLOPT_POSTFIELDS, what.form->c_str());  // as application/x-www-form-urlencoded
        set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.form->size()));
        append(errand.headers, "Expect:");  // no round trip before the body
    } else {
        set(transfer, CURLOPT_HTTPGET, 1L);
    }
    set(transfer, CURLOPT_HTTPHEADER, errand.headers.get());
    errand.socket.arm(transfer);
    set(transfer, CURLOPT_WRITEFUNCTION, &Errand::take_body);
    set(transfer, CURLOPT_WRITEDATA, static_cast<void*>(&errand));
    set(transfer, CURLOPT_HEADERFUNCTION, &Errand::take_header);
    set(transfer, CURLOPT_HEADERDATA, static_cast<void*>(&errand));
}

void CurlFetcher::collect()
{
    int left = 0;
    while (const auto* const message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto end = message->data.result;  // the message goes with the handle
        auto running = running_.extract(message->easy_handle);
        auto& [transfer, errand] = running.mapped();
        auto result = outcome(transfer.get(), end, *errand);
        curl_multi_remove_handle(multi_.get(), transfer.get());
        finish(*errand, std::move(result));
    }
}

Result<ports::Fetched> CurlFetcher::outcome(CURL* transfer, CURLcode end, Errand& errand) const
{
    if (errand.too_large) return Error(ErrorCode::invalid_argument, "The provider's answer is too large.");
    if (end == CURLE_OK) {
        return ports::Fetched{.status = reply_code(transfer),
                              .body = std::move(errand.body),
                              .cache_control = header_of(transfer, "Cache-Control")};
    }
    if (errand.socket.was_refused()) {
        return Error(ErrorCode::invalid_argument,
                     "The URL leads to a private or reserved network, which is not allowed.");
    }
    if (end == CURLE_URL_MALFORMAT || end == CURLE_UNSUPPORTED_PROTOCOL) {
        return Error(ErrorCode::invalid_argument,
                     "The URL cannot be called: it must be a well-formed https:// address.");
    }
    return Error(ErrorCode::unavailable, describe_failure(transfer, end, kPeer, options_));
}

void CurlFetcher::finish(Errand& errand, Result<ports::Fetched> result)
{
    {
        const std::lock_guard lock(mutex_);
        --under_way_;
        const auto found = of_tenant_.find(errand.what.tenant);
        if (--found->second == 0) of_tenant_.erase(found);
    }
    errand.done(std::move(result));
}

void CurlFetcher::give_up_rest()
{
    const auto stopped = Error(ErrorCode::unavailable, "This service was stopped before the provider was asked.");
    std::vector<std::unique_ptr<Errand>> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting.swap(incoming_);
    }
    for (const auto& [transfer, running] : running_) {
        curl_multi_remove_handle(multi_.get(), transfer);
        finish(*running.errand, stopped);
    }
    running_.clear();
    for (const auto& errand : waiting) finish(*errand, stopped);
}

std::unique_ptr<ports::Fetcher> make_fetcher(const DeliveryOptions& options)
{
    return std::make_unique<CurlFetcher>(options);
}

}  // namespace winnow::delivery
