#pragma once

/// @file
/// The fetcher: what is asked for in through a queue, many transfers on one thread. Private to delivery.

#include "delivery/curl/egress_socket.hpp"
#include "delivery/curl/transfer.hpp"
#include "delivery/egress_guard.hpp"
#include "winnow/delivery/fetcher.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace winnow::delivery {

class CurlFetcher final : public ports::Fetcher {
public:
    explicit CurlFetcher(const DeliveryOptions& options);
    ~CurlFetcher() override;
    CurlFetcher(const CurlFetcher&) = delete;
    CurlFetcher& operator=(const CurlFetcher&) = delete;

    void fetch(ports::Fetch what, Done done) override;

private:
    /// One that is waiting or under way; stays where it is.
    struct Errand {
        Errand(ports::Fetch asked, Done told, const EgressGuard& guard);
        static std::size_t take_body(const char* bytes, std::size_t size, std::size_t count, void* self);
        static std::size_t take_header(const char* bytes, std::size_t size, std::size_t count, void* self);

        const ports::Fetch what;
        Done done;
        EgressSocket socket;
        TextList headers;
        std::string body;
        std::size_t header_bytes = 0;
        bool too_large = false;
    };
    struct Running {
        Transfer transfer;
        std::unique_ptr<Errand> errand;
    };
    struct MultiDeleter {
        void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
    };

    void run();
    [[nodiscard]] bool begin_all();
    void begin(std::unique_ptr<Errand> errand);
    void arm(CURL* transfer, Errand& errand) const;
    void collect();
    [[nodiscard]] Result<ports::Fetched> outcome(CURL* transfer, CURLcode end, Errand& errand) const;
    void finish(Errand& errand, Result<ports::Fetched> result);
    void give_up_rest();

    const DeliveryOptions options_;
    const EgressGuard guard_;
    const std::unique_ptr<CURLM, MultiDeleter> multi_;

    std::mutex mutex_;
    std::vector<std::unique_ptr<Errand>> incoming_;  // guarded by mutex_, as what follows
    std::map<TenantId, std::size_t> of_tenant_;      // under way, those that wait too
    std::size_t under_way_ = 0;
    bool stopping_ = false;

    std::unordered_map<CURL*, Running> running_;  // the thread's own

    std::thread thread_;  // last: starts when all else stands
};

}  // namespace winnow::delivery
