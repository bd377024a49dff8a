#pragma once

/// @file
/// Clusters outside of their state folders, which somebody who deletes a state folder by hand leaves behind.

#include "app/dev/embedded_postgres.hpp"

#include <functional>
#include <string>

namespace winnow::app::dev {

/// Makes the cluster's folder with `make`, and writes down whose it is where it lies outside of its state folder. No
/// remove_left_clusters() of another process runs meanwhile. Throws std::runtime_error.
void claim_cluster(const ClusterPlace& place, const std::function<void()>& make);

/// Removes each cluster outside that says whose it is, on which no server works, and whose state folder was missing at
/// a start a day ago already, and at each since then, while the file system that it was on is here; `say` is told of
/// each. What a file system is told by may change with a reboot (overlay, btrfs): it is noted anew whenever the folder
/// is seen, and a cluster whose folder and file system nobody saw for 30 days is told to `say`, not removed. Does
/// nothing where PostgreSQL runs as ourselves: then clusters are inside.
void remove_left_clusters(const ClusterPlace& place, const std::function<void(const std::string&)>& say);

}  // namespace winnow::app::dev
