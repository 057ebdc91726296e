package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginChange.Kind;
import io.millrace.api.plugin.PluginEvent.Step;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.kernel.plugin.StoredPlugin.Origin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How plugins come, change and go. Each method is one operation: it holds the plugin's slot, and the moment at which the store's list changes
 * is the moment at which the operation has happened; whatever fails before it is undone.
 */
final class Installation {

    private static final Logger LOG = LoggerFactory.getLogger(Installation.class);

    private final Slots slots;
    private final PluginStore store;
    private final BundleStage stage;
    private final Intake intake;
    private final HostsPresent hosts;
    private final PluginEventLog events;

    Installation(Slots slots, PluginStore store, BundleStage stage, Intake intake, HostsPresent hosts, PluginEventLog events) {
        this.slots = slots;
        this.store = store;
        this.stage = stage;
        this.intake = intake;
        this.hosts = hosts;
        this.events = events;
    }

    PluginInfo install(Delivery delivery) throws PluginException {
        return told(delivery.tag(), delivery.file().getFileName().toString(), operation -> {
            String name = intake.nameOf(delivery.file());
            operation.about(name, "");
            return slots.locked(name, slot -> {
                StoredPlugin stored = store.state().plugins().get(name);
                if (stored != null) {
                    throw new PluginExistsException(name, stored.version());
                }
                return inWorkFolder(delivery.file(), work -> {
                    StagedPlugin staged = intake.stage(delivery, null, Origin.OPERATOR, work, operation);
                    return fresh(slot, staged.plugin(), staged.bundle(), Kind.INSTALLED, operation);
                });
            });
        });
    }

    /** Nothing of that name runs. */
    private PluginInfo fresh(PluginSlot slot, StoredPlugin plugin, Path staged, Kind kind, Operation operation) throws PluginException, IOException {
        PluginInfo previous = slot.info();
        BundlePlugin started = stage.start(plugin.name(), staged != null ? staged : store.file(plugin), operation);
        try {
            store.put(plugin, staged, kind);
        } catch (IOException e) {
            stage.remove(started);
            slot.restore(previous);
            throw e;
        }
        operation.step(Step.STORED);
        slot.run(started);
        hosts.tell(started);
        LOG.info("{} installed", started);
        return slot.info();
    }

    PluginInfo installBeside(Delivery delivery) throws PluginException {
        return told(delivery.tag(), delivery.file().getFileName().toString(), operation -> {
            String fileName = intake.nameOf(delivery.file());
            operation.about(fileName, "");
            return slots.locked(fileName, slot -> inWorkFolder(delivery.file(), work -> {
                StagedPlugin staged = intake.stage(delivery, null, Origin.OPERATOR, work, operation);
                StoredPlugin plugin = staged.plugin();
                if (!store.state().plugins().containsKey(plugin.name())) {
                    return fresh(slot, plugin, staged.bundle(), Kind.INSTALLED, operation);
                }
                if (store.state().version(plugin.name(), plugin.version()).isPresent()) {
                    throw new PluginExistsException(plugin.name(), plugin.version());
                }
                BundlePlugin started = stage.start(plugin.name(), staged.bundle(), operation);
                try {
                    store.putBeside(plugin, staged.bundle());
                } catch (IOException e) {
                    stage.remove(started);
                    throw e;
                }
                operation.step(Step.STORED);
                slot.runBeside(started);
                hosts.tell(started);
                LOG.info("{} installed beside {}", started, slot.info() == null ? "nothing that runs" : slot.info().version());
                return infoOf(slot, plugin.version());
            }));
        });
    }

    private static PluginInfo infoOf(PluginSlot slot, String version) {
        return slot.infos().stream().filter(info -> info.version().equals(version)).findFirst().orElseThrow();
    }

    PluginInfo update(String name, Delivery delivery) throws PluginException {
        return told(delivery.tag(), name, operation -> slots.locked(name, slot -> {
            if (!store.state().plugins().containsKey(name)) {
                throw new UnknownPluginException(name);
            }
            return whileUpdating(slot, () -> inWorkFolder(delivery.file(), work -> {
                StagedPlugin staged = intake.stage(delivery, name, Origin.OPERATOR, work, operation);
                if (!staged.plugin().name().equals(name)) {
                    throw new PluginException("plugin " + name + " cannot be updated from " + delivery.file().getFileName() + ", which is plugin "
                            + staged.plugin().name() + "; install that one instead");
                }
                return replace(slot, staged.plugin(), staged.bundle(), Kind.UPDATED, operation);
            }));
        }));
    }

    PluginInfo rollback(String name, String version) throws PluginException {
        return told("", name, operation -> slots.locked(name, slot -> {
            List<StoredPlugin> kept = store.kept(name);
            Optional<StoredPlugin> found = kept.stream().filter(plugin -> version == null || plugin.version().equals(version)).findFirst();
            if (found.isEmpty()) {
                if (slot.info() == null && kept.isEmpty()) {
                    throw new UnknownPluginException(name);
                }
                throw new PluginException("plugin " + name + (version == null ? " has no earlier version" : " has no earlier version " + version)
                        + " that is kept" + (kept.isEmpty() ? "" : " (there is " + String.join(", ", kept.stream().map(StoredPlugin::version).toList())
                        + ")") + "; update it from a file instead");
            }
            StoredPlugin target = found.get();
            operation.about(name, target.version());
            if (!store.state().plugins().containsKey(name)) {
                return fresh(slot, target, null, Kind.ROLLED_BACK, operation);
            }
            return whileUpdating(slot, () -> replace(slot, target, null, Kind.ROLLED_BACK, operation));
        }));
    }

    private interface Change {
        PluginInfo run() throws PluginException, IOException;
    }

    private static PluginInfo whileUpdating(PluginSlot slot, Change change) throws PluginException, IOException {
        PluginInfo previous = slot.info();
        slot.updating();
        try {
            return change.run();
        } catch (PluginException | IOException | RuntimeException e) {
            slot.restore(previous);
            throw e;
        }
    }

    /**
     * New beside old, validated, handed over, stored, old removed.
     *
     * @param staged the new bundle, or null if the store has it
     */
    private PluginInfo replace(PluginSlot slot, StoredPlugin plugin, Path staged, Kind kind, Operation operation) throws PluginException, IOException {
        BundlePlugin current = slot.current();
        // One that runs beside the current version is taken as it is.
        BundlePlugin already = slot.beside(plugin.version());
        boolean same = already != null && store.state().version(plugin.name(), plugin.version()).map(plugin::equals).orElse(false);
        BundlePlugin candidate = same ? already : stage.start(plugin.name(), staged != null ? staged : store.file(plugin), operation);
        List<PluginHost> involved = current == null ? List.of() : List.copyOf(current.told());
        try {
            if (current != null) {
                Hosts.validate(involved, current, candidate);
                operation.step(Step.VALIDATED);
                candidate.current(true);
                current.current(false);
                Hosts.handOver(involved, current, candidate);
                operation.step(Step.HANDED_OVER);
            }
            try {
                store.put(plugin, staged, kind);
            } catch (IOException e) {
                if (current != null) {
                    Hosts.handBack(involved, candidate, current);
                }
                throw e;
            }
        } catch (PluginException | IOException | RuntimeException e) {
            if (current != null) {
                current.current(true);
            }
            candidate.current(false);
            if (!same) {
                stage.remove(candidate);
            }
            operation.step(Step.ROLLED_BACK, current == null ? "" : current.version() + " runs on");
            refused(plugin, e);
            throw e;
        }
        operation.step(Step.STORED);
        LOG.info("{} replaces {}", candidate, current == null ? "nothing that ran" : current.version());
        candidate.told().addAll(involved);
        slot.run(candidate);
        hosts.tell(candidate);
        if (current != null) {
            hosts.forget(current);
            stage.remove(current);
            operation.step(Step.RETIRED, current.version());
        }
        return slot.info();
    }

    private void refused(StoredPlugin plugin, Exception why) {
        try {
            store.note(plugin, Kind.REFUSED, Objects.toString(why.getMessage(), why.toString()));
        } catch (IOException e) {
            LOG.warn("the history of plugin {} cannot be written: {}", plugin.name(), e.getMessage());
        }
    }

    void remove(String name) throws PluginException {
        told("", name, operation -> slots.locked(name, slot -> {
            if (slot.info() == null || !store.state().plugins().containsKey(name)) {
                throw new UnknownPluginException(name);
            }
            write(name, () -> store.remove(name));
            operation.step(Step.STORED);
            for (BundlePlugin plugin : slot.running().reversed()) {
                hosts.withdraw(plugin);
                stage.remove(plugin);
                operation.step(Step.RETIRED, plugin.version());
            }
            slot.empty();
            LOG.info("plugin {} removed", name);
            return null;
        }));
    }

    void removeBeside(String name, String version) throws PluginException {
        told("", name, operation -> slots.locked(name, slot -> {
            StoredPlugin stored = store.state().version(name, version).orElseThrow(() -> new UnknownPluginException(name + " " + version));
            if (stored.equals(store.state().plugins().get(name))) {
                throw new PluginException("plugin " + name + " " + version + " is the current version; update " + name
                        + " or roll it back to replace that, or remove " + name + " with all of its versions");
            }
            write(name, () -> store.removeBeside(stored));
            operation.about(name, version);
            operation.step(Step.STORED);
            BundlePlugin plugin = slot.beside(version);
            if (plugin != null) {
                hosts.withdraw(plugin);
                stage.remove(plugin);
                operation.step(Step.RETIRED, version);
            }
            slot.removeBeside(version);
            LOG.info("plugin {} {} removed", name, version);
            return null;
        }));
    }

    private interface StoreWrite {
        void run() throws IOException;
    }

    private static void write(String name, StoreWrite change) throws PluginException {
        try {
            change.run();
        } catch (IOException e) {
            throw new PluginException("plugin " + name + " cannot be removed: the store cannot be written: " + e.getMessage(), e);
        }
    }

    private <R> R inWorkFolder(Path file, Slots.Step<Path, R> step) throws PluginException {
        Path work = null;
        try {
            work = store.workFolder();
            return step.run(work);
        } catch (IOException e) {
            throw new PluginException(e.getMessage() == null ? "plugin file " + file + " cannot be read: " + e : e.getMessage(), e);
        } finally {
            if (work != null) {
                store.discard(work);
            }
        }
    }

    private <R> R told(String tag, String subject, Slots.Step<Operation, R> step) throws PluginException {
        Operation operation = new Operation(events, tag, subject);
        try {
            R result = step.run(operation);
            operation.step(Step.DONE);
            return result;
        } catch (IOException e) {
            throw new IllegalStateException("slots wrap what the file system says", e);
        } catch (PluginException | RuntimeException e) {
            operation.step(Step.FAILED, Objects.toString(e.getMessage(), e.toString()));
            throw e;
        }
    }
}
