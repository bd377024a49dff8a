#pragma once

/// @file
/// A program that runs beside us, perhaps as a lesser user, and never longer than we do.

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace winnow::app::dev {

struct Account {
    uid_t user = 0;
    gid_t group = 0;
};

/// Whom PostgreSQL runs as: nullopt is ourselves, as it refuses to run as root only. Throws std::runtime_error where we
/// are root and there is no user postgres.
[[nodiscard]] std::optional<Account> unprivileged_account();

/// Starts `words[0]` in a session of its own (so that a terminal's Ctrl-C does not reach it), with both outputs going
/// to `log`. It is sent `on_our_death` when the calling *thread* ends. Throws std::runtime_error.
[[nodiscard]] pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& log,
                          const std::optional<Account>& account, int on_our_death);

/// Waits; the status as waitpid() gives it.
int wait_for(pid_t child);

/// True where `account` may enter `folder`.
[[nodiscard]] bool can_enter(const std::filesystem::path& folder, const Account& account);

}  // namespace winnow::app::dev
