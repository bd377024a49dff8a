#pragma once

/// @file
/// The folder in which a development instance keeps everything it must not forget.

#include <filesystem>
#include <string>

namespace winnow::app::dev {

/// Holds the folder's lock as long as it lives, so that no second instance works on the same data.
class StateFolder {
public:
    /// Makes the folder where it is missing. Throws std::runtime_error that says what to do where another instance
    /// holds it, or where it holds what is not ours.
    explicit StateFolder(const std::filesystem::path& path);
    ~StateFolder();
    StateFolder(const StateFolder&) = delete;
    StateFolder& operator=(const StateFolder&) = delete;

    /// Whether that is a state folder of some instance, running or not. Where it cannot be told, it is.
    [[nodiscard]] static bool is_one(const std::filesystem::path& path);

    /// Absolute.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

    /// Removes everything but the lock.
    void clear();

private:
    std::filesystem::path path_;
    int lock_ = -1;
};

/// Atomically, mode 0600, durable on return. Throws std::runtime_error.
void write_private_file(const std::filesystem::path& path, const std::string& content);

/// "" where there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace winnow::app::dev
