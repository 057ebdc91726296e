package io.millrace.kernel.plugin;

import io.millrace.api.health.HealthCheck;
import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginChange;
import io.millrace.api.plugin.PluginEvent;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager;
import io.millrace.kernel.archive.Limits;
import io.millrace.kernel.guard.CarrierRelief;
import io.millrace.kernel.guard.GuardedClasses;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.hooks.weaving.WeavingHook;

/** The plugin manager. The store says what is to run, the stage has what runs, and hosts are told of every change. */
public final class LivePlugins implements PluginManager, HealthCheck, AutoCloseable {

    private final RetiredLoaders retired;
    private final Slots slots = new Slots();
    private final Opening opening = new Opening();
    private final PluginEventLog events;
    private final PluginStore store;
    private final BundleStage stage;
    private final Intake intake;
    private final HostsPresent hosts;
    private final Installation installation;
    private final Restoration restoration;
    private final CarrierRelief carriers = new CarrierRelief();
    private final List<ServiceRegistration<?>> hooks;

    /** @param shippedFolders folders with plugins of the distribution; those that do not exist are passed over */
    public LivePlugins(BundleContext context, Path folder, List<Path> shippedFolders, Limits limits, PluginRules rules, InstantSource clock) {
        this.retired = new RetiredLoaders(clock);
        this.events = new PluginEventLog(clock);
        this.store = new PluginStore(folder, rules.keptVersions(), clock);
        this.stage = new BundleStage(context, retired, rules.callLimitMs());
        Signatures signatures = new Signatures(Signatures.Policy.of(rules.signaturePolicy()), rules.trustedKeys());
        this.intake = new Intake(context, stage, limits, signatures);
        this.hosts = new HostsPresent(context, this::tellAll);
        this.installation = new Installation(slots, store, stage, intake, hosts, events);
        this.restoration = new Restoration(slots, store, stage, intake, hosts, new ShippedPlugins(shippedFolders), signatures, limits, opening, events);
        this.hooks = List.of(context.registerService(CollisionHook.class, new SideBySide(context), null),
                context.registerService(WeavingHook.class, new GuardedClasses(bundle -> isPlugin(bundle) || BundleStage.isKafka(bundle)), null));
        hosts.open();
        carriers.start();
    }

    public RetiredLoaders retired() {
        return retired;
    }

    /** Until operations may begin. */
    void awaitOpen() throws PluginException {
        opening.await();
    }

    /** What the plugin in the file is called. */
    String nameOf(Path file) throws PluginException {
        return intake.nameOf(file);
    }

    boolean isStored(String name) {
        return store.state().plugins().containsKey(name);
    }

    /** Whether the plugin's current version came from a file of that content. */
    boolean isStored(String name, Path file) throws IOException {
        StoredPlugin stored = store.state().plugins().get(name);
        return stored != null && stored.source().equals(StagedPlugin.sha256(file));
    }

    PluginStore store() {
        return store;
    }

    /** Is it one of the bundles that this looks after? */
    public boolean isPlugin(Bundle bundle) {
        return bundle.getLocation().startsWith(BundleStage.LOCATION);
    }

    /**
     * Starts what the store and the distribution name and what does not run yet. Called when the platform's bundles are there, and again when
     * more of them are. A plugin that fails is reported by {@link #list()}; the others start.
     */
    public void restore() {
        restoration.run();
    }

    @Override
    public PluginInfo install(Delivery delivery) throws PluginException {
        opening.await();
        return OwnThread.call("plugin-install", () -> installation.install(delivery));
    }

    @Override
    public PluginInfo installBeside(Delivery delivery) throws PluginException {
        opening.await();
        return OwnThread.call("plugin-install", () -> installation.installBeside(delivery));
    }

    @Override
    public PluginInfo update(String name, Delivery delivery) throws PluginException {
        opening.await();
        return OwnThread.call("plugin-update", () -> installation.update(name, delivery));
    }

    @Override
    public PluginInfo rollback(String name, String version) throws PluginException {
        opening.await();
        return OwnThread.call("plugin-rollback", () -> installation.rollback(name, version));
    }

    @Override
    public void remove(String name) throws PluginException {
        opening.await();
        OwnThread.call("plugin-remove", () -> {
            installation.remove(name);
            return null;
        });
    }

    @Override
    public void remove(String name, String version) throws PluginException {
        opening.await();
        OwnThread.call("plugin-remove", () -> {
            installation.removeBeside(name, version);
            return null;
        });
    }

    @Override
    public List<PluginInfo> list() {
        return slots.infos();
    }

    @Override
    public List<PluginChange> history(String name) throws PluginException {
        opening.await();
        Set<String> kept = store.kept(name).stream().map(StoredPlugin::file).collect(Collectors.toSet());
        return store.state().history().getOrDefault(name, List.of()).reversed().stream()
                .map(change -> change.shown(kept.contains(change.plugin().file()))).toList();
    }

    @Override
    public List<PluginEvent> events(long after, Duration wait) throws InterruptedException {
        return events.after(after, wait);
    }

    @Override
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        if (!opening.broken().isEmpty()) {
            findings.add(new Finding("plugins", "store", HealthCheck.State.FAILED, opening.broken()));
        }
        for (PluginInfo plugin : list()) {
            findings.add(new Finding("plugin", plugin.current() ? plugin.name() : plugin.name() + " " + plugin.version(), switch (plugin.state()) {
                case ACTIVE -> HealthCheck.State.OK;
                case UPDATING -> HealthCheck.State.STARTING;
                case FAILED -> HealthCheck.State.FAILED;
            }, plugin.detail()));
        }
        return findings;
    }

    /** Lets go of hosts, which have stopped by themselves before, and stops the plugins; what the framework keeps of them is dropped at the next start. */
    @Override
    public void close() {
        opening.close();
        hosts.close();
        for (PluginSlot slot : slots.all()) {
            slot.lock.lock();
            try {
                slot.running().forEach(stage::stop);
            } finally {
                slot.lock.unlock();
            }
        }
        hooks.forEach(ServiceRegistration::unregister);
        carriers.close();
    }

    private void tellAll() {
        for (PluginSlot slot : slots.all()) {
            slot.lock.lock();
            try {
                if (!opening.isClosed()) {
                    slot.running().forEach(hosts::tell);
                }
            } finally {
                slot.lock.unlock();
            }
        }
    }
}
