#pragma once

/// @file
/// Other programs that tests start: PostgreSQL's, and the system's.

#include <pwd.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace winnow::test {

/// PostgreSQL refuses to run as root, which CI often is: then it is the user postgres, else whoever we are.
enum class As : std::uint8_t { ourselves, postgres };

/// What does not outlive the test ends with it, however it ends.
enum class Ends : std::uint8_t { with_the_test, by_itself };

/// The user postgres where we are root, else nullptr. Throws std::runtime_error where there is none.
[[nodiscard]] const passwd* postgres_user();

/// Starts the program words[0], a path. What it says is appended to `log`; where that is empty it goes where ours does.
/// The caller waits for it.
pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& log, As as,
            Ends ends = Ends::with_the_test);

/// The status, as waitpid() has it.
int wait_for(pid_t child);

/// Both; throws std::runtime_error with the words where it does not end with 0.
void run(const std::vector<std::string>& words, const std::filesystem::path& log, As as);

}  // namespace winnow::test
