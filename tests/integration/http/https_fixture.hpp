#pragma once

/// @file
/// A server on loopback with a handler that each test scripts.

#include "support/certificates.hpp"
#include "support/tls_client.hpp"
#include "winnow/http/server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::http {

using namespace std::chrono_literals;

/// Admits everything up to `max_body` bytes and echoes what it got, unless told otherwise.
class ScriptedHandler : public Handler {
public:
    std::size_t max_body = 1'000;
    std::function<void(const RequestHead&, AdmissionSink)> on_admit;
    std::function<void(Request, ResponseSink)> on_handle;

    void admit(const RequestHead& head, AdmissionSink sink) override
    {
        if (on_admit) return on_admit(head, std::move(sink));
        Admission admission;
        admission.max_body_bytes = max_body;
        sink(std::move(admission));
    }

    void handle(Request request, ResponseSink sink) override
    {
        if (on_handle) return on_handle(std::move(request), std::move(sink));
        sink(Response(200, "text/plain", request.head.method + " " + request.head.path + " " + request.body));
    }

    /// Says in headers for which path it takes the request, and the detail.
    Response protocol_error(std::string_view path, int status, std::string_view code, std::string_view detail) override
    {
        Response response(status, "application/problem+json", std::string(code));
        response.set("X-Path", std::string(path.substr(0, 20)));
        response.set("X-Detail", std::string(detail));
        return response;
    }
};

/// A sink handed from an I/O thread to the test.
template <typename Sink>
class Held {
public:
    void put(Sink sink)
    {
        const std::lock_guard lock(mutex_);
        sink_ = std::move(sink);
        changed_.notify_all();
    }

    /// Waits for one, at most 10 s; then the test fails by an exception.
    Sink take()
    {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 10s, [this] { return sink_.has_value(); })) {
            throw std::runtime_error("the handler was not called");
        }
        Sink sink = std::move(*sink_);
        sink_.reset();
        return sink;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Sink> sink_;
};

class HttpsTest : public testing::Test {
protected:
    HttpsTest() : authority_(test::make_authority("test authority"))
    {
        install(test::make_certificate(authority_, "first"));
        test::write_file(folder_ / "ca.pem", authority_.certificate);
        options_.tls.certificate_chain = folder_ / "server.pem";
        options_.tls.private_key = folder_ / "server.key";
    }

    void install(const test::Certificate& certificate)
    {
        test::write_file(folder_ / "server.pem", certificate.certificate);
        test::write_file(folder_ / "server.key", certificate.key);
    }

    /// The server with what the test put into options_; started by the first use.
    Server& server()
    {
        if (!server_) {
            server_.emplace(threads_, handler_, metrics_, options_);
            server_->start();
        }
        return *server_;
    }

    std::uint16_t port() { return server().port(); }

    /// Polls the metrics until `line` is in them, at most 10 s.
    bool has_metric(const std::string& line)
    {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (!metrics_.exposition().contains(line + "\n")) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::yield();
        }
        return true;
    }

    test::TemporaryFolder folder_;
    test::Certificate authority_;
    observe::Metrics metrics_;
    ScriptedHandler handler_;
    ListenOptions options_;
    IoThreads threads_{2};
    std::optional<Server> server_;
};

inline std::string post(const std::string& path, const std::string& body, const std::string& more = "")
{
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more + "\r\n" + body;
}

inline const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace winnow::http
