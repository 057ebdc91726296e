package io.millrace.kernel.plugin.sample;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

public final class FailingActivator implements BundleActivator {

    @Override
    public void start(BundleContext context) {
        throw new IllegalStateException("no licence key");
    }

    @Override
    public void stop(BundleContext context) {
        // Never started.
    }
}
