#pragma once

/// @file
/// The database's disk, full while a test says so.

#include <string>

namespace winnow::test {

/// Inserts into `table` fail with SQLSTATE 53100 (disk_full) between fill() and make_room(). Made before anything
/// writes to the table: what is altered beside a writer deadlocks with it by chance, and a row says as well as a
/// trigger that the disk is full.
class FullDisk {
public:
    FullDisk(std::string superuser, const std::string& table);
    void fill() const;
    void make_room() const;

private:
    void sql(const std::string& statements) const;

    std::string superuser_;
};

}  // namespace winnow::test
