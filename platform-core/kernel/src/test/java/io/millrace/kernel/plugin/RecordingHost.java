package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it is told, and refuses on demand. Keeps the running plugin as a real host does. */
final class RecordingHost implements PluginHost {

    final List<String> calls = new CopyOnWriteArrayList<>();
    volatile boolean refuseValidation;
    volatile boolean refuseHandOver;
    volatile Plugin running;
    private final String name;

    RecordingHost(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void arrived(Plugin plugin) {
        running = plugin;
        calls.add("arrived " + plugin.version());
    }

    @Override
    public void validate(Plugin current, Plugin candidate) throws PluginException {
        calls.add("validate " + current.version() + " > " + candidate.version());
        if (refuseValidation) {
            throw new PluginException("connector orders-sink: option 'table' is unknown to " + candidate.version());
        }
    }

    @Override
    public void handOver(Plugin current, Plugin candidate) throws PluginException {
        calls.add("handOver " + current.version() + " > " + candidate.version());
        if (refuseHandOver) {
            throw new PluginException("connector orders-sink is not healthy in " + candidate.version());
        }
        running = candidate;
    }

    @Override
    public void withdraw(Plugin plugin) {
        running = null;
        calls.add("withdraw " + plugin.version());
    }
}
