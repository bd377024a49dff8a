#pragma once

/// @file
/// The development instance's own webhook receiver: whoever tries Winnow sees what people would have been told.

#include "app/dev/page_printer.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace winnow::app::dev {

/// Listens in plain HTTP on a loopback address of its own, so that allowing webhooks to it allows them to nothing else
/// that listens on 127.0.0.1. One thread, one request at a time, each bounded in size and time.
class Receiver {
public:
    static constexpr auto kAddress = "127.0.87.1";

    using Print = std::function<void(const std::string& text)>;

    /// On `port` where that is free, else on any. Throws std::runtime_error where it cannot listen at all. `print` is
    /// called on its thread.
    Receiver(std::uint16_t port, Print print);
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string url() const
    {
        return std::string("http://") + kAddress + ":" + std::to_string(port_) + "/";
    }

private:
    void run();
    void serve(int connection);
    [[nodiscard]] bool wait_readable(int connection, PagePrinter::Clock::time_point until) const;

    const Print print_;
    PagePrinter printer_;
    int listener_ = -1;
    int stop_ = -1;  ///< An eventfd: readable once we are to end.
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace winnow::app::dev
