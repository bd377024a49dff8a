#pragma once

/// @file
/// A channel and what it needs, for tests that send real messages over loopback.

#include "support/certificates.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/delivery/channel.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/vault/one_key.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace winnow::test {

inline constexpr auto kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
inline constexpr auto kPayload =
    R"({"type":"ticket.opened","timestamp":"2026-11-23T06:00:00.000Z","tenant":"SVC-1","event_seq":1,)"
    R"("ticket":{"id":"018f3a5e-0000-7000-8000-000000000002","number":12,"state":"open","severity":"critical",)"
    R"("title":"ディスク full on db1","description":".\n. dots\n..","dedup_key":"k","source":"prom","service":"db",)"
    R"("occurrences":3,"opened_at":"2026-11-23T06:00:00.000Z","last_seen_at":"2026-11-23T06:00:00.000Z"}})";

class DeliveryTest : public testing::Test {
protected:
    static const Certificate& authority()
    {
        static const auto made = make_authority("the tests' authority");
        return made;
    }
    static const Certificate& certificate()
    {
        static const auto made = make_certificate(authority(), "localhost");
        return made;
    }

    DeliveryTest()
    {
        options.webhook_ca_file = file("authority.pem", authority().certificate);
        options.egress_allow = {"127.0.0.0/8"};
    }

    std::string file(const std::string& name, const std::string& text)
    {
        write_file(folder_ / name, text);
        return (folder_ / name).string();
    }

    /// A delivery whose contact has no place yet.
    ports::ClaimedDelivery delivery(const std::string& type) const
    {
        ports::ClaimedDelivery message;
        message.tenant = *TenantId::parse("018f3a5e-0000-7000-8000-00000000000a");
        message.contact.id = *ContactId::parse("018f3a5e-0000-7000-8000-00000000000b");
        message.contact.type = type;
        message.delivery.id = *DeliveryId::parse("018f3a5e-0000-7000-8000-000000000001");
        message.delivery.ticket_id = *TicketId::parse("018f3a5e-0000-7000-8000-000000000002");
        message.delivery.contact_id = message.contact.id;
        message.delivery.payload = kPayload;
        return message;
    }

    ports::ClaimedDelivery webhook(const std::string& url) const
    {
        auto message = delivery("webhook");
        const auto& [tenant, contact] = std::pair(message.tenant, message.contact.id);
        message.contact.settings["url"] = {.shown = domain::base_of_url(url),
                                           .sealed = sealer.seal(url, domain::sealed_url_context(tenant, contact))};
        message.contact.settings["secret"].sealed =
            sealer.seal(kSecret, "contact:" + tenant.str() + ":" + contact.str());
        return message;
    }

    ports::ClaimedDelivery mail(const std::string& address = "ops@example.org") const
    {
        auto message = delivery("email");
        message.contact.settings["address"].shown = address;
        return message;
    }

    std::unique_ptr<ports::Channel> channel() { return delivery::make_channel(options, sealing, metrics); }

    static std::future<ports::SendReport> begin(ports::Channel& channel, const ports::ClaimedDelivery& message)
    {
        auto promise = std::make_shared<std::promise<ports::SendReport>>();
        auto report = promise->get_future();
        channel.send(message, [promise](ports::SendReport result) { promise->set_value(std::move(result)); });
        return report;
    }

    static ports::SendReport await(std::future<ports::SendReport> report)
    {
        if (report.wait_for(std::chrono::seconds{15}) != std::future_status::ready) {
            throw std::runtime_error("no report has come");
        }
        return report.get();
    }

    static ports::SendReport send(ports::Channel& channel, const ports::ClaimedDelivery& message)
    {
        return await(begin(channel, message));
    }

    /// Through a channel of its own.
    ports::SendReport send(const ports::ClaimedDelivery& message)
    {
        const auto own = channel();
        return send(*own, message);
    }

    crypto::Sealer sealer{std::string(32, 'k')};
    vault::OneKey sealing{sealer};
    observe::Metrics metrics;
    delivery::DeliveryOptions options;

private:
    TemporaryFolder folder_;
};

}  // namespace winnow::test
