/// @file
/// What a configuration names is opened, and each fault is told with its place.

#include "app/config/config_check.hpp"

#include "app/config/environment.hpp"
#include "winnow/crypto/certificate.hpp"
#include "winnow/crypto/signature.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace winnow::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// A folder with everything that a good configuration names.
class ConfigCheck : public testing::Test {
protected:
    void SetUp() override
    {
        std::filesystem::create_directories(folder_);
        pair("customer", std::chrono::days{30});
        pair("management", std::chrono::days{30});
        write("encryption.key", std::string(64, 'a'), 0600);
        write("api.url", "postgresql://winnow_api:pw@db.internal/winnow\n", 0600);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

    void write(const std::string& name, const std::string& content, mode_t mode)
    {
        std::ofstream(path(name)) << content;
        ASSERT_EQ(::chmod(path(name).c_str(), mode), 0);
    }
    void pair(const std::string& name, std::chrono::days valid_for)
    {
        const auto authority = crypto::make_authority("authority", std::chrono::days{30});
        const auto made = crypto::make_loopback_certificate(authority, name, valid_for);
        write(name + ".pem", made.certificate, 0644);
        write(name + ".key", made.key, 0600);
    }

    /// A configuration without a fault, with one line more.
    [[nodiscard]] std::string text(const std::string& more = "") const
    {
        return "listen:\n"
               "  customer: {port: 8443, certificate_file: " +
               path("customer.pem") + ", key_file: " + path("customer.key") +
               "}\n  management: {port: 9443, certificate_file: " + path("management.pem") +
               ", key_file: " + path("management.key") + "}\nencryption_key_file: " + path("encryption.key") +
               "\ndatabase:\n  api_url_file: " + path("api.url") + "\n" + more;
    }

    /// What is found, as "place: what"; tolerable ones with a question mark before.
    [[nodiscard]] std::vector<std::string> found(const std::string& yaml, const std::string& name = "w.yaml") const
    {
        Config base;
        base.provider.key_sha256 = std::string(32, 'x');
        const auto config = parse_config(yaml, name, base);
        if (!config) return {"cannot be read: " + config.error().fields().at(0).detail};
        std::vector<std::string> lines;
        for (const auto& [error, tolerable] : look_closer(*config, name)) {
            lines.push_back((tolerable ? "?" : "") + error.pointer + ": " + error.detail);
        }
        return lines;
    }

    const std::filesystem::path folder_ =
        std::filesystem::path(testing::TempDir()) / ("winnow-check-" + std::to_string(::getpid()));
};

TEST_F(ConfigCheck, FindsNothingInAGoodOne)
{
    EXPECT_THAT(found(text("delivery: {public_url: 'https://winnow.example.com/', egress_allow: [10.0.0.0/8]}\n")),
                IsEmpty());
}

TEST_F(ConfigCheck, AFileThatIsNotThereIsNamedWithItsPlace)
{
    std::filesystem::remove(path("customer.pem"));
    EXPECT_THAT(found(text()), ElementsAre("w.yaml:2:44: listen.customer.certificate_file names " +
                                           path("customer.pem") + ", which cannot be read: No such file or directory"));
    EXPECT_THAT(
        found("delivery: {webhook_ca_file: /nowhere.pem, smtp: {ca_file: /}}\n"),
        ElementsAre(HasSubstr("delivery.webhook_ca_file names /nowhere.pem, which cannot be read: No such file"),
                    HasSubstr("delivery.smtp.ca_file names /, which cannot be read: it is no file")));
    EXPECT_THAT(found("encryption_key_file: /nowhere\n"), ElementsAre(HasSubstr("/nowhere cannot be read")));
}

TEST_F(ConfigCheck, AKeyMustBelongToItsCertificate)
{
    std::filesystem::copy_file(path("management.key"), path("customer.key"),
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(found(text()), ElementsAre(HasSubstr("customer.key, which is not the key of the certificate in " +
                                                     path("customer.pem"))));
}

TEST_F(ConfigCheck, WhatIsNoCertificateOrKeyIsSaidSo)
{
    write("customer.pem", "hello", 0644);
    write("management.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
    write("encryption.key", "short", 0600);
    EXPECT_THAT(found(text()), ElementsAre(HasSubstr("customer.pem, which holds no certificate in PEM"),
                                           HasSubstr("management.key, which holds no private key in PEM"),
                                           HasSubstr("must hold 32 bytes")));
}

TEST_F(ConfigCheck, AVaultHasRootKeysOfTheirSizeAndTwoAtMost)
{
    const auto with = [&](const std::string& files) {
        return text() + "vault: {url: 'postgresql://winnow_vault@/vault', root_key_files: [" + files + "]}\n";
    };
    for (const auto* name : {"one.key", "two.key", "three.key"}) write(name, std::string(64, 'a'), 0600);
    EXPECT_THAT(found(with(path("one.key"))), IsEmpty());
    EXPECT_THAT(found(with(path("one.key") + ", " + path("two.key"))), IsEmpty());
    EXPECT_THAT(found(with(path("one.key") + ", " + path("two.key") + ", " + path("three.key"))),
                ElementsAre(HasSubstr("vault.root_key_files names more than two")));
    write("one.key", "short", 0600);
    EXPECT_THAT(found(with(path("one.key"))),
                ElementsAre(HasSubstr("the root key " + path("one.key") + " must hold 32")));
    write("one.key", std::string(64, 'a'), 0644);
    EXPECT_THAT(found(with(path("one.key"))), ElementsAre(HasSubstr("everybody on this machine can read")));
    EXPECT_THAT(found(text() + "vault: {url: 'postgresql://winnow_api@/vault'}\n"),
                ElementsAre(HasSubstr("is the role of database.api_url")));
}

TEST_F(ConfigCheck, TheKeyThatSignsAuditLogsIsOneOfItsKind)
{
    const auto with = [&](const std::string& name) {
        return text() + "audit: {signing_key_file: " + path(name) + "}\n";
    };
    write("audit.key", crypto::SigningKey::make(), 0600);
    EXPECT_THAT(found(with("audit.key")), IsEmpty());
    EXPECT_THAT(found(with("customer.key")), ElementsAre(HasSubstr("must hold an Ed25519 private key")));
    EXPECT_THAT(found(with("nowhere.key")), ElementsAre(HasSubstr("nowhere.key cannot be read")));
}

TEST_F(ConfigCheck, WhatPasswordsAreHashedWithIsEnoughAndLegible)
{
    const auto with = [&](const std::string& passwords) {
        return text() + "passwords: {" + passwords + "}\n";
    };
    write("pepper.key", std::string(64, 'a'), 0600);
    write("short.key", "short", 0600);
    write("breached", std::string(20, 'a') + std::string(20, 'b'), 0644);
    write("unsorted", std::string(20, 'b') + std::string(20, 'a'), 0644);
    EXPECT_THAT(found(with("hash_memory_kib: 19456, hash_passes: 2, pepper_file: " + path("pepper.key") +
                           ", breached_file: " + path("breached"))),
                IsEmpty());
    EXPECT_THAT(found(with("hash_memory_kib: 19456")), ElementsAre(HasSubstr("must be at least 47104 KiB")));
    EXPECT_THAT(found(with("hash_memory_kib: 19455")), ElementsAre(HasSubstr("a whole number from 19456")));
    EXPECT_THAT(found(with("pepper_file: " + path("short.key"))),
                ElementsAre(HasSubstr("passwords.pepper_file is no good: the password pepper")));
    EXPECT_THAT(found(with("old_pepper_files: [" + path("pepper.key") + ", /nowhere]")),
                ElementsAre(HasSubstr("/nowhere cannot be read")));
    EXPECT_THAT(found(with("breached_file: " + path("unsorted"))), ElementsAre(HasSubstr("must ascend")));
}

TEST_F(ConfigCheck, WhatTheListenersCannotReloadIsToldInWordsOfTheConfiguration)
{
    const auto config = parse_config(text(), "w.yaml");
    ASSERT_TRUE(config);
    EXPECT_EQ(problem_of_certificates(*config), "");
    write("customer.pem", "junk", 0644);
    EXPECT_EQ(problem_of_certificates(*config),
              "listen.customer.certificate_file names " + path("customer.pem") +
                  ", which holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    pair("customer", std::chrono::days{-1});
    EXPECT_EQ(problem_of_certificates(*config), "") << "expired, and still what the operator put there";
    std::filesystem::copy_file(path("management.key"), path("customer.key"),
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(problem_of_certificates(*config),
                AllOf(StartsWith("listen.customer.key_file names " + path("customer.key") + ", which is not"),
                      HasSubstr("in " + path("customer.pem"))));
}

TEST_F(ConfigCheck, AKeyThatCannotBeReadSaysWhy)
{
    std::filesystem::remove(path("encryption.key"));
    EXPECT_THAT(found(text()), ElementsAre(HasSubstr("the encryption key " + path("encryption.key") +
                                                     " cannot be read: No such file or directory")));
}

TEST_F(ConfigCheck, AnExpiredCertificateIsFoundAndCanStillBeServedWith)
{
    pair("customer", std::chrono::days{0});
    EXPECT_THAT(found(text()), ElementsAre(testing::AllOf(StartsWith("?w.yaml:2:44: "), HasSubstr("expired at 20"))));
}

TEST_F(ConfigCheck, ASecretThatEverybodyCanReadIsFound)
{
    for (const auto* name : {"customer.key", "encryption.key", "api.url"}) {
        ASSERT_EQ(::chmod(path(name).c_str(), 0644), 0);
    }
    const auto fix = [&](const char* name) {
        return HasSubstr("a secret that everybody on this machine can read: chmod o-rwx " + path(name));
    };
    EXPECT_THAT(found(text()), ElementsAre(fix("customer.key"), fix("encryption.key"), fix("api.url")));
}

TEST_F(ConfigCheck, APasswordInAFileThatEverybodyCanReadIsFound)
{
    const auto with = text("  pipeline_url: postgresql://u:secret@db/winnow\n");
    write("w.yaml", with, 0644);
    EXPECT_THAT(found(with, path("w.yaml")), ElementsAre(HasSubstr("chmod o-rwx " + path("w.yaml"))));
    ASSERT_EQ(::chmod(path("w.yaml").c_str(), 0640), 0);
    EXPECT_THAT(found(with, path("w.yaml")), IsEmpty());
}

TEST_F(ConfigCheck, TwoListenersCannotShareAPort)
{
    EXPECT_THAT(
        found("listen: {management: {port: 8443}}\n"),
        ElementsAre("w.yaml:1:29: listen.management.port is 8443, which is the other listener's port, too: give "
                    "them two"));
    EXPECT_THAT(found("listen: {management: {port: 8443, address: 127.0.0.2}, customer: {address: 127.0.0.1}}\n"),
                IsEmpty());
    EXPECT_THAT(found("listen: {management: {port: 0}, customer: {port: 0}}\n"), IsEmpty());
}

TEST_F(ConfigCheck, NetworksAddressesHostsAndUrlsAreRead)
{
    EXPECT_THAT(
        found("listen:\n  customer: {address: localhost, trusted_proxies: [10.0.0.0/33]}\n"),
        ElementsAre(
            HasSubstr("listen.customer.address is \"localhost\", no IP address"),
            HasSubstr("listen.customer.trusted_proxies names \"10.0.0.0/33\", which has no good prefix length")));
    EXPECT_THAT(found("listen: {customer: {trusted_proxies: [10.0.0.1/8]}}\n"),
                ElementsAre(HasSubstr("listen.customer.trusted_proxies names \"10.0.0.1/8\", which has bits set")));
    EXPECT_THAT(
        found("delivery: {egress_allow: [10.0.0.1/8]}\n"),
        ElementsAre(HasSubstr("delivery.egress_allow names \"10.0.0.1/8\", which has bits set after its prefix")));
    EXPECT_THAT(found("provider: {support_address: nobody}\n"),
                testing::Contains(HasSubstr("provider.support_address is \"nobody\"")));
    EXPECT_THAT(found("delivery: {smtp: {host: 'smtp://mail', from: nobody}, public_url: winnow.example.com}\n"),
                ElementsAre(HasSubstr("delivery.smtp.host is \"smtp://mail\""), HasSubstr("delivery.smtp.from"),
                            HasSubstr("delivery.public_url is \"winnow.example.com\"")));
    EXPECT_THAT(found("database: {api_url: 'db.internal pw'}\n"),
                ElementsAre(testing::AllOf(HasSubstr("database.api_url is no connection string"),
                                           testing::Not(HasSubstr("pw'")))));
}

TEST_F(ConfigCheck, APasswordInAUrlIsNotShown)
{
    const auto told = found(
        "delivery: {smtp: {host: 'smtp://u:hunter2@mail'}, public_url: 'https://u:hunter2@winnow.example.com'}\n");
    EXPECT_THAT(told, ElementsAre(AllOf(HasSubstr("delivery.smtp.host"), Not(HasSubstr("hunter2"))),
                                  AllOf(HasSubstr("delivery.public_url"), Not(HasSubstr("hunter2")))));
}

TEST_F(ConfigCheck, WhoMayCallAsProviderIsSomebody)
{
    EXPECT_THAT(found("provider: {client_subjects: [CN=ops]}\n"),
                ElementsAre("w.yaml:1:29: provider.client_subjects names certificates that nobody is asked for: set "
                            "listen.management.client_ca_file, too"));
    for (const std::string bad : {"ops", "CN=", "CN=ops, O=Example", "=ops", "CN = ops", ",", "CN=ops,", "''"}) {
        EXPECT_THAT(found("provider: {client_subjects: ['" + (bad == "''" ? "" : bad) + "']}\n"),
                    testing::Contains(HasSubstr("no subject as RFC 2253 writes it")))
            << bad;
    }
    for (const std::string good : {"CN=ops,O=Example", "CN=ops\\, and more,O=E", "1.2.3=x+CN=y", "emailAddress=a@b"}) {
        EXPECT_THAT(found("provider: {client_subjects: ['" + good + "']}\n"),
                    testing::Not(testing::Contains(HasSubstr("RFC 2253"))))
            << good;
    }
    const auto nobody = look_closer(Config(), "w.yaml");
    ASSERT_EQ(nobody.size(), 1U);
    EXPECT_TRUE(nobody[0].tolerable);
    EXPECT_THAT(nobody[0].error.detail, HasSubstr("nobody can make tenants"));
}

TEST_F(ConfigCheck, AUrlOfTheDatabaseNamesAPortAndItsOwnRole)
{
    for (const std::string port : {"99999", "0"}) {
        EXPECT_THAT(found("database: {api_url: 'postgresql://u@db:" + port + "/winnow'}\n"),
                    ElementsAre(HasSubstr("database.api_url names a port that is none")))
            << port;
    }
    EXPECT_THAT(found("database: {api_url: 'host=a,b port=5432,abc'}\n"),
                ElementsAre(HasSubstr("a port that is none")));
    EXPECT_THAT(found("database: {api_url: 'postgresql://u@a:5432,b/winnow'}\n"), IsEmpty());
    EXPECT_THAT(found("database: {pipeline_url: 'postgresql://winnow_api@db/winnow'}\n"),
                ElementsAre(HasSubstr("database.pipeline_url logs in as winnow_api, which is the role of "
                                      "database.api_url")));
    EXPECT_THAT(found("database: {pipeline_url: 'user=winnow_pipeline', owner_url: 'user=postgres'}\n"), IsEmpty());
}

TEST_F(ConfigCheck, WhatDoesNotFitTogetherIsSaid)
{
    EXPECT_THAT(found("dispatch: {first_retry: PT1H, longest_retry: PT1M}\n"),
                ElementsAre(StartsWith("?w.yaml:1:25: dispatch.first_retry")));
    EXPECT_THAT(found("limits: {max_alert_bytes: 65536, max_body_bytes: 1024}\n"),
                ElementsAre(StartsWith("?w.yaml:1:27: limits.max_alert_bytes")));
    EXPECT_THAT(found("dispatch: {per_contact: 9, max_in_flight: 8}\n"), ElementsAre(StartsWith("?")));
    EXPECT_THAT(found("delivery: {connect_timeout: PT20S, total_timeout: PT10S}\n"), ElementsAre(StartsWith("?")));
    write("smtp.password", "pw\n", 0600);
    EXPECT_THAT(found("delivery: {smtp: {security: none, password_file: " + path("smtp.password") + "}}\n"),
                ElementsAre(testing::AllOf(StartsWith("?"), HasSubstr("delivery.smtp.security is none"))));
}

TEST(Environment, WhatNothingReadsIsTold)
{
    const auto unread = unread_variables({"WINNOW_FOO", "WINNOW_URL", "WINNOW_DATABASE_API_UR", "HOME", "WINNOW_PORT",
                                          "WINNOW_WEB_SERVICE_HOST", "WINNOW_WEB_PORT_443_TCP_ADDR", "WINNOW_WEB_PORT",
                                          "WINNOW_WEB_SERVICE_PORT_HTTPS"});
    ASSERT_EQ(unread.size(), 1U) << "a misspelt one is refused elsewhere";
    EXPECT_EQ(unread[0].detail, "nothing reads WINNOW_FOO: it changes nothing");
}

TEST(Environment, AMisspeltVariableIsToldWithTheNearestName)
{
    const auto problems = misspelt_variables({"WINNOW_DATABASE_API_UR", "WINNOW_LOG_LEVEL", "WINNOW_URL", "HOME"});
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].pointer, "WINNOW_DATABASE_API_UR");
    EXPECT_EQ(problems[0].detail, "nothing reads WINNOW_DATABASE_API_UR; did you mean WINNOW_DATABASE_API_URL?");
}

TEST(Environment, WhatIsNoMisspellingIsLeftAlone)
{
    EXPECT_THAT(
        misspelt_variables({"WINNOW_ENV", "WINNOW_HOME", "WINNOW_BINARY", "WINNOW_PORT", "WINNOW_PORT_8443_TCP_ADDR",
                            "WINNOW_SERVICE_HOST", "WINNOW_PG_BINDIR", "WINNOW_TEST_FSYNC"}),
        IsEmpty());
}

}  // namespace
}  // namespace winnow::app
