package io.millrace.connect.herder;

import io.millrace.api.http.HttpError;
import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.config.Validation;
import io.millrace.connect.store.TargetState;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hosts the connectors of plugins: starts those that waited, and moves running ones from one version of a plugin to another. */
public final class ConnectPlugins implements PluginHost {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectPlugins.class);
    private static final long HEALTHY_WITHIN_MS = 15_000;
    private static final long LOOK_MS = 10;

    private final Herder herder;
    private final long watchedMs;

    /** @param watched how long everything must run from a new version without failing before the old one is let go */
    public ConnectPlugins(Herder herder, Duration watched) {
        this.herder = herder;
        this.watchedMs = watched.toMillis();
    }

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public void arrived(Plugin plugin) {
        herder.node().catalog().add(plugin);
        herder.startWaiting();
    }

    @Override
    public void validate(Plugin current, Plugin candidate) throws PluginException {
        Catalog after = herder.node().catalog().with(current, candidate);
        for (HostedConnector connector : herder.using(current)) {
            try {
                List<String> errors = errors(after, connector);
                // What is wrong with the running version as well is not the candidate's fault: a database that is away, for one.
                if (!errors.isEmpty() && errors(herder.node().catalog(), connector).isEmpty()) {
                    throw new PluginException(candidate + ": connector " + connector.name() + " cannot run from it: " + String.join("; ", errors));
                }
            } catch (HttpError e) {
                throw new PluginException(candidate + ": connector " + connector.name() + " cannot run from it: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new PluginException(candidate + ": interrupted while validating");
            } catch (RuntimeException | LinkageError e) {
                throw new PluginException(candidate + ": connector " + connector.name() + " cannot run from it: " + e);
            }
        }
    }

    private List<String> errors(Catalog catalog, HostedConnector connector) throws InterruptedException {
        return herder.validated(catalog, connector.config(), Validation.Result::errors);
    }

    @Override
    public void handOver(Plugin current, Plugin candidate) throws PluginException {
        List<HostedConnector> moved = herder.using(current);
        try {
            long began = System.nanoTime();
            move(moved, current, candidate);
            Optional<String> problem = awaitHealth(moved);
            if (problem.isPresent()) {
                LOG.warn("{} is not healthy and goes: {}", candidate, problem.get());
                move(moved, candidate, current);
                throw new PluginException(candidate + ": " + problem.get() + "; " + current + " runs again");
            }
            LOG.info("{} connector(s) handed over from {} to {} in {} ms", moved.size(), current, candidate,
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            herder.startWaiting();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginException(candidate + ": interrupted during the hand-over");
        }
    }

    private void move(Collection<HostedConnector> connectors, Plugin from, Plugin to) throws InterruptedException {
        Herder.together(connectors, HostedConnector::stop);
        herder.node().catalog().remove(from);
        herder.node().catalog().add(to);
        Herder.together(connectors, HostedConnector::start);
    }

    /** @return what is wrong, or empty when all are well */
    private Optional<String> awaitHealth(Collection<HostedConnector> connectors) throws InterruptedException {
        long begin = System.nanoTime();
        long wellSinceMs = -1;
        while (true) {
            long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            boolean allWell = true;
            for (HostedConnector connector : connectors) {
                if (connector.target() == TargetState.STOPPED) {
                    continue;
                }
                HostedConnector.Status status = connector.status();
                if (status.state() == RunState.FAILED || status.state() == RunState.UNASSIGNED) {
                    return Optional.of("connector " + connector.name() + " is " + status.state() + ": " + status.trace().lines().findFirst().orElse(""));
                }
                for (TaskRunner.Status task : status.tasks()) {
                    if (task.state() == RunState.FAILED || task.restarts() > 0) {
                        return Optional.of("task " + task.id() + " failed: " + task.trace().lines().findFirst().orElse(""));
                    }
                    allWell &= task.state() == RunState.RUNNING || task.state() == RunState.PAUSED;
                }
            }
            wellSinceMs = !allWell ? -1 : wellSinceMs < 0 ? ms : wellSinceMs;
            // The first records have gone through long before; the second batch, the first commit may still go wrong.
            if (allWell && (connectors.isEmpty() || ms - wellSinceMs >= watchedMs)) {
                return Optional.empty();
            }
            if (!allWell && ms >= HEALTHY_WITHIN_MS) {
                return Optional.of("its tasks do not run after " + HEALTHY_WITHIN_MS + " ms");
            }
            Thread.sleep(LOOK_MS);
        }
    }

    @Override
    public void withdraw(Plugin plugin) {
        herder.node().catalog().remove(plugin);
        List<HostedConnector> orphans = herder.using(plugin);
        try {
            Herder.together(orphans, HostedConnector::stop);
            // Finds no class any more, and says in the status what it waits for.
            Herder.together(orphans, HostedConnector::start);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
