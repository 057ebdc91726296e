package io.millrace.kernel.plugin;

import java.util.Collection;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.hooks.bundle.CollisionHook;

/** Lets the kernel install a plugin bundle beside another life of the same bundle, in whatever mode the framework runs. */
final class SideBySide implements CollisionHook {

    private final Bundle kernel;

    SideBySide(BundleContext context) {
        this.kernel = context.getBundle();
    }

    @Override
    public void filterCollisions(int operation, Bundle target, Collection<Bundle> collisions) {
        if (operation == INSTALLING && target.equals(kernel)) {
            collisions.removeIf(bundle -> bundle.getLocation().startsWith(BundleStage.LOCATION));
        }
    }
}
