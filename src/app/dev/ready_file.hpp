#pragma once

/// @file
/// How a development instance says that it is ready, to programs and to people.

#include "app/dev/demo.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>

namespace winnow::app::dev {

/// Exists exactly as long as the instance is ready: an old one is removed when the object is made, and its own goes
/// with it. Its shape is part of the contract other programs are written against.
class ReadyFile {
public:
    explicit ReadyFile(std::filesystem::path path);
    ~ReadyFile();
    ReadyFile(const ReadyFile&) = delete;
    ReadyFile& operator=(const ReadyFile&) = delete;

    /// Mode 0600: it holds credentials.
    void write(const Demo& demo, const std::filesystem::path& authority, const std::string& database_url) const;

private:
    std::filesystem::path path_;
};

/// Commands to paste.
void print_what_to_do_next(std::ostream& out, const Demo& demo, const std::filesystem::path& authority);

}  // namespace winnow::app::dev
