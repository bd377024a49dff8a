#pragma once

/// @file
/// How a development instance says that it is ready, to programs and to people.

#include "app/dev/demo.hpp"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace winnow::app::dev {

/// Of a listener of the instance.
[[nodiscard]] std::string loopback_url(std::uint16_t port);

/// Exist exactly as long as the instance is ready: old ones are removed when the object is made, and its own go with
/// it. What no instance wrote is neither removed nor replaced. Its shape is part of the contract other programs are
/// written against.
class ReadyFile {
public:
    /// At each of `paths` that is not empty, written in this order. Throws std::runtime_error, with what to do, where
    /// something else is there, or nothing can be written.
    explicit ReadyFile(const std::vector<std::filesystem::path>& paths);
    ~ReadyFile();
    ReadyFile(const ReadyFile&) = delete;
    ReadyFile& operator=(const ReadyFile&) = delete;

    /// Mode 0600: it holds credentials. Throws as the constructor does.
    void write(const Demo& demo, const std::filesystem::path& authority, const std::string& database_url);

private:
    std::vector<std::filesystem::path> paths_;
    std::string written_;  ///< "": not yet.
};

/// Commands to paste; and where messages go, if the built-in receiver takes them.
void print_what_to_do_next(std::ostream& out, const Demo& demo, const std::filesystem::path& authority,
                           bool has_receiver);

}  // namespace winnow::app::dev
