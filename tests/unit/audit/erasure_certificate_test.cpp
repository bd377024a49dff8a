#include "winnow/audit/erasure_certificate.hpp"

#include "winnow/crypto/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace winnow::audit {
namespace {

using nlohmann::json;

Timestamp at(int second)
{
    return Timestamp(std::chrono::milliseconds{1'795'000'000'000}) + std::chrono::seconds{second};
}

ErasureCertificate an_example()
{
    return {.erasure = *Uuid::parse("0199c0de-0000-7000-8000-000000000002"),
            .tenant = TenantId(*Uuid::parse("0199c0de-0000-7000-8000-000000000001")),
            .service_code = "acme1",
            .asked_by = "provider",
            .asked_means = "client_certificate",
            .asked_request = "r-1",
            .reason = "the \"contract\" ended\n",
            .closed_at = at(0),
            .export_until = at(10),
            .window_waived = false,
            .exported_at = at(5),
            .asked_at = at(11),
            .began_at = at(12),
            .finished_at = at(13),
            .backups_until = at(14),
            .tables = {{.table = "users", .rows = 3, .done_at = at(12), .pages_rewritten = 1, .pages_left = 0},
                       {.table = "journal", .rows = 7, .done_at = at(12), .pages_rewritten = 2, .pages_left = 1}},
            .keys_destroyed = {{1, 2}},
            .audit_seq = 42,
            .audit_hash = std::string(32, '\xab')};
}

std::string signed_by(const crypto::SigningKey& key, const ErasureCertificate& certificate)
{
    const auto body = certificate_body(certificate);
    return certificate_file(body, key.id(), key.sign(certificate_text(body)));
}

bool is_genuine(const std::string& file, const crypto::VerifyingKeys& keys)
{
    const auto read = read_certificate_file(file);
    return read && keys.verify(read->key_id, certificate_text(read->body), read->signature);
}

}  // namespace

TEST(ErasureCertificateText, HasItsMembersSortedWithoutSpacesAndIsReadAsJson)
{
    const auto body = certificate_body(an_example());
    const auto read = json::parse(body);
    // Control characters are written as the chain of records writes them, others as the library does.
    auto dumped = read.dump();
    dumped.replace(dumped.find(R"(\n)"), 2, R"(\u000a)");
    EXPECT_EQ(dumped, body) << "sorted, without spaces, integers only";
    EXPECT_EQ(read["v"], 1);
    EXPECT_EQ(read["tenant"], "0199c0de-0000-7000-8000-000000000001");
    EXPECT_EQ(read["asked"]["reason"], "the \"contract\" ended\n");
    EXPECT_EQ(read["asked"]["by"], "provider");
    EXPECT_EQ(read["export"]["waived"], false);
    EXPECT_EQ(read["export"]["last_made_at"], format_rfc3339(at(5)));
    EXPECT_EQ(read["keys_destroyed"], (json{1, 2}));
    EXPECT_EQ(read["rows_left"], 0);
    EXPECT_EQ(read["audit_head"]["seq"], 42);
    EXPECT_EQ(read["audit_head"]["hash"].get<std::string>().substr(0, 4), "abab");
    ASSERT_EQ(read["tables"].size(), 2U);
    EXPECT_EQ(read["tables"][0]["table"], "journal");
    EXPECT_EQ(read["tables"][0]["pages_left"], 1);
    EXPECT_EQ(read["tables"][1]["rows"], 3);
}

TEST(ErasureCertificateText, SaysNullWhereThereWasNothing)
{
    auto certificate = an_example();
    certificate.exported_at.reset();
    certificate.keys_destroyed.reset();
    certificate.audit_seq = 0;
    const auto read = json::parse(certificate_body(certificate));
    EXPECT_TRUE(read["export"]["last_made_at"].is_null());
    EXPECT_TRUE(read["keys_destroyed"].is_null());
    EXPECT_TRUE(read["audit_head"].is_null());
    certificate.keys_destroyed.emplace();
    EXPECT_EQ(json::parse(certificate_body(certificate))["keys_destroyed"], json::array());
}

TEST(ErasureCertificateFile, IsGenuineAsItWasSignedAndNotWithAnyByteChanged)
{
    const crypto::SigningKey key(crypto::SigningKey::make());
    const crypto::VerifyingKeys keys(key.public_pem());
    const auto file = signed_by(key, an_example());
    EXPECT_TRUE(is_genuine(file, keys));
    EXPECT_EQ(json::parse(file)["certificate"]["service_code"], "acme1") << "people's tools read it, too";
    for (std::size_t i = 0; i < file.size(); ++i) {
        auto changed = file;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(is_genuine(changed, keys)) << "byte " << i;
    }
}

TEST(ErasureCertificateFile, OfAnotherKeyIsNotGenuine)
{
    const crypto::SigningKey key(crypto::SigningKey::make());
    const crypto::SigningKey other(crypto::SigningKey::make());
    EXPECT_FALSE(is_genuine(signed_by(key, an_example()), crypto::VerifyingKeys(other.public_pem())));
}

TEST(ErasureCertificateFile, ThatWasCutOrAddedToIsNone)
{
    const crypto::SigningKey key(crypto::SigningKey::make());
    const auto file = signed_by(key, an_example());
    for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_FALSE(read_certificate_file(std::string_view(file).substr(0, size))) << size;
    }
    EXPECT_FALSE(read_certificate_file(file + "\n"));
    EXPECT_FALSE(read_certificate_file(" " + file));
    EXPECT_FALSE(read_certificate_file("{}"));
}

}  // namespace winnow::audit
