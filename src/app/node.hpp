#pragma once

/// @file
/// The composition root: one running Winnow, made of its modules.

#include "app/config/config.hpp"
#include "winnow/base/result.hpp"

#include <cstdint>
#include <memory>

namespace winnow::app {

/// One node: listeners, journal, triage, dispatch. Members are called from one thread, none of the node's own.
class Node {
public:
    /// Builds every part, prepares the database's partitions and begins to serve. The configuration must be
    /// complete_for_serving, the database migrated. Throws std::runtime_error with a sentence for the operator.
    explicit Node(const Config& config);

    /// As stop().
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] std::uint16_t customer_port() const;
    [[nodiscard]] std::uint16_t management_port() const;

    /// Reads both listeners' certificates anew; on failure those in use stay.
    [[nodiscard]] Result<Done> reload_certificates();

    /// Takes no more work, finishes what it has within the configured grace, and ends. What is left is replayed or
    /// retried by the next start.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Refuses a database that this program must not serve from: another schema, or one that may lose what it committed
/// (unless the configuration allows it). `unavailable`: it is away or just starting, so ask again later; fields name
/// what an operator must mend.
[[nodiscard]] Result<Done> check_database(const DatabaseConfig& database);

/// Whether tenants' data may lie where this node says that it is (node.data_region); fields name what an operator must
/// mend. The database is as check_database() lets through.
[[nodiscard]] Result<Done> check_region(const Config& config);

/// Of the vault, where one is configured, its login and its schema; where none is, that the database needs none. A
/// vault that is away is no error: what it has the keys of waits, and all else goes on. The databases are as
/// secure_database() leaves them.
[[nodiscard]] Result<Done> check_vault(const Config& config);

/// Every connection is a file: raises this process's limit to what the system allows. Warns where that is less than
/// the listeners may need.
void raise_open_files_limit(const Config& config);

}  // namespace winnow::app
