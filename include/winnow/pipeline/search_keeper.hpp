#pragma once

/// @file
/// Keeps the index that finds tickets up to date, a second behind the folds.

#include "winnow/ports/search_index.hpp"

#include <chrono>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

/// One thread. All references must outlive it.
class SearchKeeper {
public:
    SearchKeeper(ports::SearchIndex& index, std::chrono::milliseconds interval, observe::Metrics& metrics);
    ~SearchKeeper();
    SearchKeeper(const SearchKeeper&) = delete;
    SearchKeeper& operator=(const SearchKeeper&) = delete;

    void start();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
