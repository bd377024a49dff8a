#pragma once

/// @file
/// Counters, gauges and histograms in the Prometheus text format, without prometheus-cpp in anybody's headers.

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::observe {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// Handles are cheap to copy, live as long as the registry, and are safe from any thread.
class Counter {
public:
    void add(double amount = 1) const;
    explicit Counter(void* impl = nullptr) : impl_(impl) {}

private:
    void* impl_;
};
class Gauge {
public:
    void set(double value) const;
    void add(double amount) const;
    explicit Gauge(void* impl = nullptr) : impl_(impl) {}

private:
    void* impl_;
};
class Histogram {
public:
    void observe(double value) const;
    explicit Histogram(void* impl = nullptr) : impl_(impl) {}

private:
    void* impl_;
};

/// One a process, made by app and handed to whoever measures. Asking twice for the same name and labels gives the
/// same handle. Names start with `winnow_`; never put tenant-controlled text into labels.
class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    [[nodiscard]] Counter counter(const std::string& name, const std::string& help, const LabelPairs& labels = {});
    [[nodiscard]] Gauge gauge(const std::string& name, const std::string& help, const LabelPairs& labels = {});
    [[nodiscard]] Histogram histogram(const std::string& name, const std::string& help, const LabelPairs& labels,
                                      const std::vector<double>& upper_bounds);

    /// The text exposition format, version 0.0.4.
    [[nodiscard]] std::string exposition() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::observe
