package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginChange.Kind;
import io.millrace.api.plugin.PluginException;
import io.millrace.kernel.archive.Limits;
import io.millrace.kernel.archive.PluginArchive;
import io.millrace.kernel.plugin.StoredPlugin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts what the store and the distribution name and what does not run yet. A plugin that fails is told in its slot; the others start. */
final class Restoration {

    private static final Logger LOG = LoggerFactory.getLogger(Restoration.class);

    private final Slots slots;
    private final PluginStore store;
    private final BundleStage stage;
    private final Intake intake;
    private final HostsPresent hosts;
    private final ShippedPlugins shipped;
    private final Signatures signatures;
    private final Limits limits;
    private final Opening opening;
    private final PluginEventLog events;
    /** Guards the first opening of the store and keeps restores one at a time. */
    private final ReentrantLock restoring = new ReentrantLock();
    private boolean opened;

    Restoration(Slots slots, PluginStore store, BundleStage stage, Intake intake, HostsPresent hosts, ShippedPlugins shipped, Signatures signatures,
            Limits limits, Opening opening, PluginEventLog events) {
        this.slots = slots;
        this.store = store;
        this.stage = stage;
        this.intake = intake;
        this.hosts = hosts;
        this.shipped = shipped;
        this.signatures = signatures;
        this.limits = limits;
        this.opening = opening;
        this.events = events;
    }

    void run() {
        restoring.lock();
        try {
            if (isOver() || !open()) {
                return;
            }
            for (StoredPlugin plugin : store.state().plugins().values()) {
                slots.locked(plugin.name(), slot -> {
                    StoredPlugin current = store.state().plugins().get(plugin.name());
                    if (slot.current() == null && current != null && !isOver()) {
                        restore(slot, current);
                    }
                    return null;
                });
            }
            for (StoredPlugin plugin : store.state().beside()) {
                slots.locked(plugin.name(), slot -> {
                    if (slot.beside(plugin.version()) == null && store.state().beside().contains(plugin) && !isOver()) {
                        restoreBeside(slot, plugin);
                    }
                    return null;
                });
            }
        } catch (PluginException e) {
            throw new IllegalStateException("restoring one plugin reports and never throws", e);
        } finally {
            restoring.unlock();
        }
    }

    /** What was to be started and is not any more is no failure: the next start does it. */
    private boolean isOver() {
        return opening.isClosed() || stage.isEnding();
    }

    private boolean open() throws PluginException {
        if (opened) {
            return true;
        }
        try {
            store.open();
            stage.clear();
            opened = true;
        } catch (IOException e) {
            LOG.error("no plugin is started: {}", e.getMessage());
            opening.failed(e.getMessage());
            return false;
        }
        for (Path file : shipped.files()) {
            if (!isOver()) {
                adopt(file);
            }
        }
        opening.opened();
        return true;
    }

    /** Puts a shipped file into the store unless it is there, or an operator decided otherwise. */
    private void adopt(Path file) throws PluginException {
        String name = file.getFileName().toString();
        Path work = null;
        try {
            name = new PluginArchive(file, name, limits).name();
            StoredPlugin stored = store.state().plugins().get(name);
            if (!shipped.isNews(file, name, store.state())) {
                return;
            }
            work = store.workFolder();
            StagedPlugin staged = intake.stage(Delivery.of(file), stored == null ? null : name, Origin.SHIPPED, work, new Operation(events, "", name));
            store.put(staged.plugin(), staged.bundle(), stored == null ? Kind.INSTALLED : Kind.UPDATED);
            LOG.info("plugin {} {} comes with the distribution", staged.plugin().name(), staged.plugin().version());
        } catch (IOException | PluginException e) {
            if (isOver()) {
                LOG.debug("plugin {} is not taken over, the platform is stopping", name, e);
                return;
            }
            String detail = "shipped file " + file + ": " + e.getMessage();
            LOG.error("plugin {} is not taken over: {}", name, detail);
            String failed = name;
            slots.locked(failed, slot -> slot.current() == null && slot.fail(failed, "", detail));
        } finally {
            if (work != null) {
                store.discard(work);
            }
        }
    }

    private void restore(PluginSlot slot, StoredPlugin plugin) {
        try {
            BundlePlugin started = started(plugin);
            slot.run(started);
            hosts.tell(started);
        } catch (PluginException | IOException e) {
            if (isOver()) {
                LOG.debug("plugin {} is not started, the platform is stopping", plugin.name(), e);
            } else if (slot.fail(plugin.name(), plugin.version(), e.getMessage())) {
                LOG.error("{}", e.getMessage());
            }
        }
    }

    private void restoreBeside(PluginSlot slot, StoredPlugin plugin) {
        try {
            BundlePlugin started = started(plugin);
            slot.runBeside(started);
            hosts.tell(started);
        } catch (PluginException | IOException e) {
            if (isOver()) {
                LOG.debug("plugin {} is not started, the platform is stopping", plugin.name(), e);
            } else if (slot.failBeside(plugin.name(), plugin.version(), e.getMessage())) {
                LOG.error("{}", e.getMessage());
            }
        }
    }

    private BundlePlugin started(StoredPlugin plugin) throws PluginException, IOException {
        Path file = store.file(plugin);
        if (!Files.isRegularFile(file) || Files.size(file) != plugin.size()) {
            throw new PluginException("plugin " + plugin.name() + ": its file " + file + " is missing or not " + plugin.size()
                    + " bytes long; install it again");
        }
        if (signatures.policy() == Signatures.Policy.REQUIRE && plugin.origin() != Origin.SHIPPED) {
            // A key may have been revoked since, and the store is only a folder. Where nobody asks, the reading is spared.
            signatures.judge("plugin " + plugin.name() + " " + plugin.version(), plugin.source(), plugin.signature());
            if (!plugin.file().equals(StagedPlugin.sha256(file) + ".jar")) {
                throw new PluginException("plugin " + plugin.name() + ": its file " + file + " was changed after it was installed; install it again");
            }
        }
        return stage.start(plugin.name(), file, new Operation(events, "", plugin.name()));
    }
}
