package io.millrace.kernel.plugin;

import io.millrace.api.health.HealthCheck;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import io.millrace.api.plugin.PluginManager;
import io.millrace.kernel.archive.Limits;
import io.millrace.kernel.archive.PluginArchive;
import io.millrace.kernel.plugin.StoredPlugin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugin manager. The store says what is to run; the stage has what runs; hosts are told of every change.
 *
 * <p>Every operation runs on a thread of its own: what plugin code leaves on its caller's thread must not live longer than the operation.
 */
public final class LivePlugins implements PluginManager, HealthCheck, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LivePlugins.class);
    private static final int OPENING_SECONDS = 30;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    private final BundleContext context;
    private final PluginStore store;
    private final ShippedPlugins shipped;
    private final Limits limits;
    private final RetiredLoaders retired;
    private final BundleStage stage;
    private final Map<String, PluginSlot> slots = new ConcurrentSkipListMap<>();
    /** Hosts that are here. Not the tracker's own list, which a host enters only after it was announced. */
    private final Set<PluginHost> present = new CopyOnWriteArraySet<>();
    private final ServiceTracker<PluginHost, PluginHost> hosts;
    private final ServiceRegistration<CollisionHook> sideBySide;

    /** Guards the first opening of the store and keeps restores one at a time. */
    private final ReentrantLock restoring = new ReentrantLock();
    private final CountDownLatch firstOpening = new CountDownLatch(1);
    private volatile boolean open;
    private volatile String broken = "";
    private volatile boolean closed;

    /** @param shippedFolders folders with plugins of the distribution; those that do not exist are passed over */
    public LivePlugins(BundleContext context, Path folder, List<Path> shippedFolders, Limits limits, InstantSource clock) {
        this.context = context;
        this.store = new PluginStore(folder);
        this.shipped = new ShippedPlugins(shippedFolders);
        this.limits = limits;
        this.retired = new RetiredLoaders(clock);
        this.stage = new BundleStage(context, retired);
        this.sideBySide = context.registerService(CollisionHook.class, new SideBySide(context), null);
        this.hosts = new ServiceTracker<>(context, PluginHost.class, new HostArrivals());
        hosts.open();
    }

    public RetiredLoaders retired() {
        return retired;
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
        restoring.lock();
        try {
            if (closed || !open()) {
                return;
            }
            for (StoredPlugin plugin : store.state().plugins().values()) {
                if (closed) {
                    return;
                }
                locked(plugin.name(), slot -> {
                    StoredPlugin current = store.state().plugins().get(plugin.name());
                    if (slot.running() == null && current != null && !closed) {
                        restore(slot, current);
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

    private boolean open() throws PluginException {
        if (open) {
            return true;
        }
        try {
            store.open();
            stage.clear();
            open = true;
            broken = "";
        } catch (IOException e) {
            broken = e.getMessage();
            LOG.error("no plugin is started: {}", broken);
            firstOpening.countDown();
            return false;
        }
        for (Path file : shipped.files()) {
            if (!closed) {
                adopt(file);
            }
        }
        firstOpening.countDown();
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
            StagedPlugin staged = stage(file, stored == null ? null : name, Origin.SHIPPED, work);
            store.put(staged.plugin(), staged.bundle());
            LOG.info("plugin {} {} comes with the distribution", staged.plugin().name(), staged.plugin().version());
        } catch (IOException | PluginException e) {
            String detail = "shipped file " + file + ": " + e.getMessage();
            LOG.error("plugin {} is not taken over: {}", name, detail);
            String failed = name;
            locked(failed, slot -> slot.running() == null && slot.fail(failed, "", detail));
        } finally {
            if (work != null) {
                store.discard(work);
            }
        }
    }

    private void restore(PluginSlot slot, StoredPlugin plugin) {
        try {
            Path file = store.file(plugin);
            if (!Files.isRegularFile(file) || Files.size(file) != plugin.size()) {
                throw new PluginException("plugin " + plugin.name() + ": its file " + file + " is missing or not " + plugin.size()
                        + " bytes long; install it again");
            }
            settle(slot, stage.start(plugin.name(), file));
        } catch (PluginException | IOException e) {
            if (slot.fail(plugin.name(), plugin.version(), e.getMessage())) {
                LOG.error("{}", e.getMessage());
            }
        }
    }

    @Override
    public PluginInfo install(Path file) throws PluginException {
        return onOwnThread("install", () -> {
            String name = nameOf(file);
            return locked(name, slot -> {
                StoredPlugin stored = store.state().plugins().get(name);
                if (stored != null) {
                    throw new PluginExistsException(name, stored.version());
                }
                PluginInfo previous = slot.info();
                return inWorkFolder(file, work -> {
                    StagedPlugin staged = stage(file, null, Origin.OPERATOR, work);
                    BundlePlugin plugin = stage.start(name, staged.bundle());
                    try {
                        store.put(staged.plugin(), staged.bundle());
                    } catch (IOException e) {
                        stage.remove(plugin);
                        slot.restore(previous);
                        throw e;
                    }
                    settle(slot, plugin);
                    LOG.info("{} installed", plugin);
                    return slot.info();
                });
            });
        });
    }

    @Override
    public PluginInfo update(String name, Path file) throws PluginException {
        return onOwnThread("update", () -> locked(name, slot -> {
            if (!store.state().plugins().containsKey(name)) {
                throw new UnknownPluginException(name);
            }
            PluginInfo previous = slot.info();
            slot.updating();
            try {
                return inWorkFolder(file, work -> {
                    StagedPlugin staged = stage(file, name, Origin.OPERATOR, work);
                    if (!staged.plugin().name().equals(name)) {
                        throw new PluginException("plugin " + name + " cannot be updated from " + file.getFileName() + ", which is plugin "
                                + staged.plugin().name() + "; install that one instead");
                    }
                    swap(slot, staged);
                    return slot.info();
                });
            } catch (PluginException | RuntimeException e) {
                slot.restore(previous);
                throw e;
            }
        }));
    }

    private void swap(PluginSlot slot, StagedPlugin staged) throws PluginException, IOException {
        BundlePlugin current = slot.running();
        BundlePlugin candidate = stage.start(staged.plugin().name(), staged.bundle());
        List<PluginHost> involved = List.copyOf(slot.told);
        try {
            if (current != null) {
                Hosts.validate(involved, current, candidate);
                Hosts.handOver(involved, current, candidate);
            }
            try {
                store.put(staged.plugin(), staged.bundle());
            } catch (IOException e) {
                if (current != null) {
                    Hosts.handBack(involved, candidate, current);
                }
                throw e;
            }
        } catch (PluginException | IOException | RuntimeException e) {
            stage.remove(candidate);
            throw e;
        }
        LOG.info("{} replaces {}", candidate, current == null ? "nothing that ran" : current.version());
        if (current == null) {
            settle(slot, candidate);
        } else {
            slot.run(candidate);
            stage.remove(current);
            tellNewcomers(slot);
        }
    }

    @Override
    public void remove(String name) throws PluginException {
        onOwnThread("remove", () -> locked(name, slot -> {
            if (slot.info() == null || !store.state().plugins().containsKey(name)) {
                throw new UnknownPluginException(name);
            }
            try {
                store.remove(name);
            } catch (IOException e) {
                throw new PluginException("plugin " + name + " cannot be removed: the store cannot be written: " + e.getMessage(), e);
            }
            BundlePlugin plugin = slot.running();
            if (plugin != null) {
                slot.told.forEach(host -> Hosts.withdraw(host, plugin));
                stage.remove(plugin);
            }
            slot.empty();
            LOG.info("plugin {} removed", name);
            return null;
        }));
    }

    @Override
    public List<PluginInfo> list() {
        return slots.values().stream().map(PluginSlot::info).filter(Objects::nonNull).toList();
    }

    @Override
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        if (!broken.isEmpty()) {
            findings.add(new Finding("plugins", "store", HealthCheck.State.FAILED, broken));
        }
        for (PluginInfo plugin : list()) {
            findings.add(new Finding("plugin", plugin.name(), switch (plugin.state()) {
                case ACTIVE -> HealthCheck.State.OK;
                case UPDATING -> HealthCheck.State.STARTING;
                case FAILED -> HealthCheck.State.FAILED;
            }, plugin.detail()));
        }
        return findings;
    }

    /** Lets go of hosts and stops the plugins; what the framework keeps of them is dropped at the next start. */
    @Override
    public void close() {
        closed = true;
        hosts.close();
        for (PluginSlot slot : slots.values()) {
            slot.lock.lock();
            try {
                BundlePlugin plugin = slot.running();
                if (plugin != null) {
                    slot.told.forEach(host -> Hosts.withdraw(host, plugin));
                    stage.stop(plugin);
                }
            } finally {
                slot.lock.unlock();
            }
        }
        sideBySide.unregister();
    }

    private void settle(PluginSlot slot, BundlePlugin plugin) {
        slot.told.clear();
        slot.run(plugin);
        tellNewcomers(slot);
    }

    private void tellNewcomers(PluginSlot slot) {
        for (PluginHost host : present) {
            if (slot.told.add(host)) {
                Hosts.arrived(host, slot.running());
            }
        }
    }

    private StagedPlugin stage(Path file, String name, Origin origin, Path work) throws IOException, PluginException {
        StagedPlugin staged = StagedPlugin.of(file, name, origin, work, limits, SharedPackages.of(context, stage.kafka()));
        requireGoodName(staged.plugin().name(), file);
        return staged;
    }

    private String nameOf(Path file) throws PluginException {
        if (!Files.exists(file)) {
            throw new PluginException("there is no file " + file + "; name a bundle, a jar, or a zip, tar.gz or folder of jars");
        }
        try {
            String name = new PluginArchive(file, file.getFileName().toString(), limits).name();
            requireGoodName(name, file);
            return name;
        } catch (IOException e) {
            throw new PluginException(e.getMessage(), e);
        }
    }

    private static void requireGoodName(String name, Path file) throws PluginException {
        if (!NAME.matcher(name).matches()) {
            throw new PluginException("the plugin in " + file.getFileName() + " calls itself '" + name
                    + "'; a name is up to 128 letters, digits, '.', '_' and '-'");
        }
    }

    private interface Step<P, R> {
        R run(P given) throws PluginException, IOException;
    }

    private <R> R inWorkFolder(Path file, Step<Path, R> step) throws PluginException {
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

    private <R> R locked(String name, Step<PluginSlot, R> step) throws PluginException {
        PluginSlot slot = slots.computeIfAbsent(name, _ -> new PluginSlot());
        slot.lock.lock();
        try {
            return step.run(slot);
        } catch (IOException e) {
            throw new PluginException(e.getMessage(), e);
        } finally {
            slot.lock.unlock();
        }
    }

    private <R> R onOwnThread(String what, Callable<R> operation) throws PluginException {
        awaitOpening();
        FutureTask<R> task = new FutureTask<>(operation);
        thread("plugin-" + what, task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // Half an update helps nobody: it ends by itself, and the caller learns how.
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case PluginException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new PluginException(BundleStage.reason(e), e.getCause());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whoever comes while the platform starts waits rather than being sent away. */
    private void awaitOpening() throws PluginException {
        try {
            if (!firstOpening.await(OPENING_SECONDS, TimeUnit.SECONDS)) {
                throw new PluginException("plugins are still starting after " + OPENING_SECONDS + " s; see the log, and try again later");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginException("interrupted while plugins were starting; nothing was changed", e);
        }
        if (closed) {
            throw new PluginException("the platform is stopping; nothing was changed");
        }
        if (!open) {
            throw new PluginException(broken);
        }
    }

    private static void thread(String name, Runnable work) {
        Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(work);
        thread.setContextClassLoader(LivePlugins.class.getClassLoader());
        thread.start();
    }

    private final class HostArrivals implements ServiceTrackerCustomizer<PluginHost, PluginHost> {

        @Override
        public PluginHost addingService(ServiceReference<PluginHost> reference) {
            PluginHost host = context.getService(reference);
            if (host != null) {
                present.add(host);
                // Not on the thread that registers the host: it may hold locks that the host's answer needs.
                thread("plugin-host-" + host.name(), LivePlugins.this::tellAllNewcomers);
            }
            return host;
        }

        @Override
        public void modifiedService(ServiceReference<PluginHost> reference, PluginHost host) {
            // Nothing of a host's registration matters here.
        }

        @Override
        public void removedService(ServiceReference<PluginHost> reference, PluginHost host) {
            present.remove(host);
            slots.values().forEach(slot -> slot.told.remove(host));
            context.ungetService(reference);
        }
    }

    private void tellAllNewcomers() {
        for (PluginSlot slot : slots.values()) {
            slot.lock.lock();
            try {
                if (slot.running() != null && !closed) {
                    tellNewcomers(slot);
                }
            } finally {
                slot.lock.unlock();
            }
        }
    }
}
