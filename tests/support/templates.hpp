#pragma once

/// @file
/// Folders that take long to make: made once for all tests of a build, and copied by each.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace winnow::test {

/// Names a template.
struct Template {
    std::string name;                  ///< Without a '-'. Of each name the newest is kept.
    std::vector<std::string> made_of;  ///< Where any of it has changed, another one is made.
};

/// Makes the folder `to`, which is not there yet: a copy (owners, modes) of the template, which is kept below `shelf`.
/// Where there is none, `make` makes `to` itself, and a copy is kept for those who come later; they wait meanwhile, in
/// other processes, too. Templates that others left half made, or that are made of something else, are never used, and
/// go with the next one that is made. So does what was kept before the machine started: nobody waited for the disk.
///
/// Where nothing can be kept (the shelf is somebody else's, the disk is full), `make` is called all the same. Throws
/// what `make` throws, and std::runtime_error where a template cannot be copied.
void put_copy(const std::filesystem::path& shelf, const Template& wanted, const std::filesystem::path& to,
              const std::function<void()>& make);

/// Another text after each change of the file. It is not read.
[[nodiscard]] std::string identity_of(const std::filesystem::path& file);

}  // namespace winnow::test
