#pragma once

/// @file
/// A node's configuration over a fresh database with one tenant, an admin and an integration.

#include "app/node.hpp"
#include "support/certificates.hpp"
#include "support/postgres.hpp"
#include "support/tls_client.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/provider_store.hpp"

#include <gtest/gtest.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <chrono>
#include <string>
#include <thread>

namespace winnow::app {

using namespace std::chrono_literals;

inline const std::string kKey = "wnu_" + std::string(43, 'k');
inline const std::string kProviderKey = "provider";

[[nodiscard]] inline std::string get(const std::string& path, const std::string& key)
{
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n\r\n";
}

[[nodiscard]] inline std::string post(const std::string& path, const std::string& key, const std::string& body)
{
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class NodeTest : public testing::Test {
protected:
    NodeTest()
    {
        const auto authority = test::make_authority("test authority");
        const auto certificate = test::make_certificate(authority, "server");
        test::write_file(folder_ / "server.pem", certificate.certificate);
        test::write_file(folder_ / "server.key", certificate.key);
        test::write_file(folder_ / "encryption.key", std::string(64, 'a'));
        config_.encryption_key_file = folder_ / "encryption.key";
        for (auto* listener : {&config_.customer, &config_.management}) {
            listener->port = 0;
            listener->tls.certificate_chain = folder_ / "server.pem";
            listener->tls.private_key = folder_ / "server.key";
        }
        config_.provider.key_sha256 = crypto::sha256(kProviderKey);
        config_.database.api_url = database_.api;
        config_.database.pipeline_url = database_.pipeline;
        config_.database.provider_url = database_.provider;
        config_.node.grace = 200ms;
        config_.node.io_threads = 2;
        make_tenant(1, kKey);
    }

    /// Its id is (number, 1), its admin's (number, 2).
    void make_tenant(std::uint64_t number, const std::string& admin_key) const
    {
        const auto made = pg::make_provider_store(pg::PgOptions{.conninfo = database_.provider})
                              ->create_tenant({.id = TenantId(Uuid::from_words(number, 1)),
                                               .service_code = "tenant" + std::to_string(number),
                                               .name = "Tenant " + std::to_string(number),
                                               .admin_id = UserId(Uuid::from_words(number, 2)),
                                               .admin_email = "admin@example.org",
                                               .admin_name = "Admin",
                                               .admin_key_id = ApiKeyId(Uuid::from_words(number, 3)),
                                               .admin_key_hash = crypto::sha256(admin_key),
                                               .admin_key_hint = "wnu_" + admin_key.substr(admin_key.size() - 4)});
        EXPECT_TRUE(made);
    }

    /// Of an integration, which the first call makes.
    [[nodiscard]] const std::string& integration_key() const
    {
        static const std::string key = "wnk_" + std::string(43, 'i');
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        const auto tenant = TenantId(Uuid::from_words(1, 1)).str();
        const auto id = Uuid::from_words(1, 4).str();
        tx.exec("insert into integrations (tenant_id, integration_id, name) values ('" + tenant + "', '" + id +
                "', 'i') on conflict do nothing");
        tx.exec_params(
            "insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values ($1, $2, "
            "$3, decode($4, 'hex'), 'wnk_iiii') on conflict do nothing",
            tenant, Uuid::from_words(1, 5).str(), id, hex(crypto::sha256(key)));
        return key;
    }

    [[nodiscard]] static std::string hex(const std::string& bytes)
    {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        for (const char c : bytes) {
            text += kDigits[static_cast<unsigned char>(c) >> 4U];
            text += kDigits[static_cast<unsigned char>(c) & 0xFU];
        }
        return text;
    }

    [[nodiscard]] std::int64_t number(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        return pqxx::nontransaction(connection).exec(statement)[0][0].as<std::int64_t>();
    }

    template <typename Condition>
    [[nodiscard]] static bool eventually(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(5ms);  // polls for the condition
        }
        return true;
    }

    test::TestDatabase database_ = test::PostgresCluster::instance().fresh_database();
    test::TemporaryFolder folder_;
    Config config_;
};

}  // namespace winnow::app
