package io.millrace.kernel.guard;

import java.util.function.Predicate;
import org.osgi.framework.Bundle;
import org.osgi.framework.hooks.weaving.WeavingHook;
import org.osgi.framework.hooks.weaving.WovenClass;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the guard into classes as they are loaded; nothing of a plugin's file changes. */
public final class GuardedClasses implements WeavingHook {

    private static final Logger LOG = LoggerFactory.getLogger(GuardedClasses.class);

    private final Predicate<Bundle> guarded;

    /** @param guarded whose classes */
    public GuardedClasses(Predicate<Bundle> guarded) {
        this.guarded = guarded;
    }

    @Override
    public void weave(WovenClass type) {
        if (!guarded.test(type.getBundleWiring().getBundle())) {
            return;
        }
        try {
            CallSites.led(type.getBytes()).ifPresent(bytes -> {
                type.setBytes(bytes);
                type.getDynamicImports().add(CallSites.GUARD_PACKAGE);
            });
        } catch (RuntimeException e) {
            // An unusual class file is the class loader's to judge.
            LOG.warn("class {} of {} is loaded without the guard: {}", type.getClassName(), type.getBundleWiring().getBundle(), e.toString());
        }
    }
}
