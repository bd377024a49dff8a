#include "https_fixture.hpp"

#include <gmock/gmock.h>

#include <malloc.h>
#include <sys/socket.h>

#include <list>

namespace winnow::http {
namespace {

using test::ClientError;
using test::ClientOptions;
using test::TcpClient;
using test::TlsClient;

class Tls : public HttpsTest {
protected:
    ClientOptions verifying()
    {
        return {.authorities_file = folder_ / "ca.pem", .certificate_file = {}, .key_file = {}};
    }

    ClientOptions with_certificate(const test::Certificate& certificate)
    {
        test::write_file(folder_ / "client.pem", certificate.certificate);
        test::write_file(folder_ / "client.key", certificate.key);
        auto options = verifying();
        options.certificate_file = folder_ / "client.pem";
        options.key_file = folder_ / "client.key";
        return options;
    }

    void show_subjects()
    {
        options_.tls.client_authorities = folder_ / "ca.pem";
        handler_.on_handle = [](const Request& request, ResponseSink sink) {
            sink(Response(200, "text/plain", request.head.client_certificate_subject));
        };
    }
};

TEST_F(Tls, IsVerifiedByAClient)
{
    TlsClient client(port(), verifying());
    EXPECT_EQ(client.peer_name(), "first");
    EXPECT_STREQ(SSL_get_version(client.ssl()), "TLSv1.3");
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(Tls, SpeaksVersion12WithAuthenticatedCiphersOnly)
{
    auto options = verifying();
    options.highest_version = TLS1_2_VERSION;
    TlsClient client(port(), options);
    EXPECT_STREQ(SSL_get_version(client.ssl()), "TLSv1.2");
    EXPECT_THAT(client.cipher(), testing::AnyOf(testing::HasSubstr("GCM"), testing::HasSubstr("CHACHA20")));
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(Tls, RefusesOlderVersions)
{
    auto options = verifying();
    options.highest_version = TLS1_1_VERSION;
    EXPECT_THROW(TlsClient client(port(), options), ClientError);
}

TEST_F(Tls, RefusesRenegotiation)
{
    auto options = verifying();
    options.highest_version = TLS1_2_VERSION;
    TlsClient client(port(), options);
    SSL_renegotiate(client.ssl());
    EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST_F(Tls, WhoIsIdleHoldsNoBuffers)
{
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "glibc's allocator, which counts what is in use, is not the one of a sanitizer";
#endif
    constexpr std::size_t kClients = 100;
    constexpr std::size_t kBuffer = 16'384;  // of one direction, at least
    std::mutex mutex;
    std::vector<ResponseSink> sinks;
    handler_.on_handle = [&](const Request&, ResponseSink sink) {
        const std::lock_guard lock(mutex);
        sinks.push_back(std::move(sink));
    };
    const auto soon = [](const std::function<bool()>& holds) {
        for (const auto end = std::chrono::steady_clock::now() + 20s; !holds();) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(5ms);  // polls for the condition
        }
        return true;
    };
    std::list<TlsClient> clients;
    for (std::size_t i = 0; i < kClients; ++i) clients.emplace_back(port()).send(kGet);
    ASSERT_TRUE(soon([&] {
        const std::lock_guard lock(mutex);
        return sinks.size() == kClients;
    }));
    const auto busy = ::mallinfo2().uordblks;
    for (auto& sink : sinks) std::exchange(sink, nullptr)(Response(200));
    for (auto& client : clients) EXPECT_EQ(client.receive().status, 200);
    EXPECT_TRUE(soon([&] { return ::mallinfo2().uordblks + kClients * kBuffer < busy; }));
    handler_.on_handle = nullptr;
    for (auto& client : clients) EXPECT_EQ(client.ask(kGet).status, 200);
}

/// The half of a record that has come stays, however long the other half takes (CVE-2024-4741).
TEST_F(Tls, WhoIsIdleInTheMiddleOfARecordKeepsItsBuffers)
{
    options_.limits.header = 300ms;  // longer than it takes to be taken for idle
    TlsClient client(port());
    ASSERT_EQ(client.ask(kGet).status, 200);
    auto* const record = BIO_new(BIO_s_mem());
    SSL_set0_wbio(client.ssl(), record);
    ASSERT_GT(SSL_write(client.ssl(), kGet.data(), static_cast<int>(kGet.size())), 0);
    char* bytes = nullptr;
    const auto length = static_cast<std::size_t>(BIO_get_mem_data(record, &bytes));
    const int socket = SSL_get_rfd(client.ssl());
    constexpr std::size_t kHeader = 5;
    ASSERT_EQ(::send(socket, bytes, kHeader, MSG_NOSIGNAL), static_cast<ssize_t>(kHeader));
    // One on each of the server's threads: when both have been cut off all that are idle have been looked after.
    TlsClient slow[] = {TlsClient(port()), TlsClient(port())};
    for (auto& other : slow) other.send("GET / HTTP/1.1");
    for (auto& other : slow) EXPECT_EQ(other.receive().status, 408);
    const auto rest = length - kHeader;
    ASSERT_EQ(::send(socket, bytes + kHeader, rest, MSG_NOSIGNAL), static_cast<ssize_t>(rest));
    EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Tls, TellsPlainHttpThatItSpeaksHttpsOnly)
{
    for (const auto* method : {"GET", "POST", "PATCH", "DELETE", "OPTIONS"}) {
        TcpClient client(port());
        client.send(std::string(method) + " / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        const auto answer = client.receive_all();
        EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 400 ")) << method;
        EXPECT_THAT(answer, testing::HasSubstr("https_required")) << method;
        EXPECT_THAT(answer, testing::HasSubstr("Connection: close")) << method;
    }
    EXPECT_TRUE(has_metric("winnow_http_handshake_failures_total{listener=\"customer\"} 5"));
}

TEST_F(Tls, SaysNothingToWhatIsNeitherTlsNorHttp)
{
    TcpClient client(port());
    client.send(std::string("\x00\x01 something else", 17));
    EXPECT_THAT(client.receive_all(), testing::Not(testing::HasSubstr("HTTP")));
}

TEST_F(Tls, ReloadShowsTheNewCertificateToNewConnectionsOnly)
{
    TlsClient before(port(), verifying());
    install(test::make_certificate(authority_, "second"));
    ASSERT_TRUE(server().reload_certificates());
    TlsClient after(port(), verifying());
    EXPECT_EQ(before.peer_name(), "first");
    EXPECT_EQ(after.peer_name(), "second");
    EXPECT_EQ(before.ask(kGet).status, 200);
    EXPECT_EQ(after.ask(kGet).status, 200);
}

TEST_F(Tls, AFailedReloadKeepsTheOldCertificate)
{
    EXPECT_EQ(TlsClient(port(), verifying()).peer_name(), "first");
    const auto second = test::make_certificate(authority_, "second");
    test::write_file(folder_ / "server.pem", second.certificate);  // the key is still the first one's
    const auto mismatch = server().reload_certificates();
    ASSERT_FALSE(mismatch);
    EXPECT_THAT(mismatch.error().message(), testing::HasSubstr("server.key"));
    EXPECT_EQ(TlsClient(port(), verifying()).peer_name(), "first");

    test::write_file(folder_ / "server.pem", "not a certificate");
    const auto unreadable = server().reload_certificates();
    ASSERT_FALSE(unreadable);
    EXPECT_THAT(unreadable.error().message(), testing::HasSubstr("server.pem"));
    EXPECT_EQ(TlsClient(port(), verifying()).ask(kGet).status, 200);
}

TEST_F(Tls, AClientCertificateOfOurAuthorityIsShownToTheHandler)
{
    show_subjects();
    TlsClient client(port(), with_certificate(test::make_certificate(authority_, "operator-7")));
    EXPECT_EQ(client.ask(kGet).body, "CN=operator-7");
}

TEST_F(Tls, AClientWithoutACertificateIsServedToo)
{
    show_subjects();
    TlsClient client(port(), verifying());
    const auto answer = client.ask(kGet);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
}

TEST_F(Tls, AClientCertificateOfAnotherAuthorityIsRefused)
{
    show_subjects();
    const auto stranger = test::make_certificate(test::make_authority("stranger"), "operator-7");
    // With TLS 1.3 the client learns of it when it reads.
    EXPECT_THROW(
        {
            TlsClient client(port(), with_certificate(stranger));
            static_cast<void>(client.ask(kGet));
        },
        ClientError);
    EXPECT_TRUE(has_metric("winnow_http_handshake_failures_total{listener=\"customer\"} 1"));
}

TEST_F(Tls, ACertificateIsNotAskedForUnlessConfigured)
{
    handler_.on_handle = [](const Request& request, ResponseSink sink) {
        sink(Response(200, "text/plain", request.head.client_certificate_subject));
    };
    TlsClient client(port(), with_certificate(test::make_certificate(authority_, "operator-7")));
    EXPECT_EQ(client.ask(kGet).body, "");
}

TEST_F(Tls, ResumesSessionsAlsoWithClientCertificates)
{
    show_subjects();
    const auto options = with_certificate(test::make_certificate(authority_, "operator-7"));
    TlsClient first(port(), options);
    EXPECT_EQ(first.ask(kGet).body, "CN=operator-7");
    auto* session = SSL_get1_session(first.ssl());
    EXPECT_EQ(SSL_SESSION_is_resumable(session), 1);
    SSL_SESSION_free(session);
}

}  // namespace
}  // namespace winnow::http
