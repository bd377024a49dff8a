/// @file
/// put_dev_cluster PROGRAM STATE_FOLDER: makes the state folder, with the cluster in it that `PROGRAM dev` would make,
/// and migrated; a copy of the one that the first such call in this build made. `PROGRAM dev` finds what a start before
/// it has left.

#include "app/dev/embedded_postgres.hpp"
#include "app/dev/state_folder.hpp"
#include "support/child_process.hpp"
#include "support/postgres.hpp"
#include "support/templates.hpp"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

namespace winnow::test {

namespace {

namespace fs = std::filesystem;
namespace dev = app::dev;

/// By the code of `winnow dev`, but for the schema, which is the program's own.
void make(const fs::path& program, const dev::ClusterPlace& place)
{
    const auto wait = [](std::chrono::milliseconds time) {
        std::this_thread::sleep_for(time);
        return false;
    };
    dev::EmbeddedPostgres postgres(place, [](const std::string&) {}, wait);
    run({program.string(), "migrate", "--url", postgres.url("postgres"), "--vault-url", postgres.vault_url("postgres")},
        {}, As::ourselves);
    postgres.stop();
    for (const auto* log : {"initdb.log", "postgres.log"}) fs::remove(place.folder / log);  // nobody's first start
}

void put(const fs::path& program, const fs::path& state_folder)
{
    const dev::StateFolder state(state_folder);
    const auto place = dev::place_of_cluster(state.path());
    // Outside of its state folder the program writes down whose it is. Programs that are named may be anything.
    if (place.folder.parent_path() != state.path() || std::getenv("WINNOW_POSTGRES_BIN") != nullptr) return;
    put_cluster({.name = "dev", .made_of = {identity_of(program), identity_of("/proc/self/exe")}}, place.folder,
                [&] { make(program, place); });
}

}  // namespace

}  // namespace winnow::test

int main(int argc, char** argv)
{
    try {
        if (argc != 3) throw std::invalid_argument("usage: put_dev_cluster PROGRAM STATE_FOLDER");
        winnow::test::put(std::filesystem::absolute(argv[1]), argv[2]);
        return 0;
    } catch (const std::exception& failure) {
        std::cerr << "put_dev_cluster: " << failure.what() << '\n';
        return 1;
    }
}
