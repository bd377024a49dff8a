#include "winnow/observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace winnow::observe {

namespace {

prometheus::Labels labels_of(const LabelPairs& pairs)
{
    return {pairs.begin(), pairs.end()};
}

}  // namespace

class Metrics::Impl {
public:
    prometheus::Registry registry;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}

Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const LabelPairs& labels)
{
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    return Counter(&family.Add(labels_of(labels)));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const LabelPairs& labels)
{
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    return Gauge(&family.Add(labels_of(labels)));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const LabelPairs& labels,
                             const std::vector<double>& upper_bounds)
{
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    return Histogram(&family.Add(labels_of(labels), upper_bounds));
}

std::string Metrics::exposition() const
{
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

void Counter::add(double amount) const
{
    if (impl_ != nullptr) static_cast<prometheus::Counter*>(impl_)->Increment(amount);
}

void Gauge::set(double value) const
{
    if (impl_ != nullptr) static_cast<prometheus::Gauge*>(impl_)->Set(value);
}

void Gauge::add(double amount) const
{
    if (impl_ != nullptr) static_cast<prometheus::Gauge*>(impl_)->Increment(amount);
}

void Histogram::observe(double value) const
{
    if (impl_ != nullptr) static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

}  // namespace winnow::observe
