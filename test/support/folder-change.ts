import { readdirSync, watch } from 'node:fs';

/**
 * Waits until something holds; looks again whenever something changes in a folder. Looking must not change anything there.
 * @param fits gets the names in the folder
 */
export async function folderChange(folder: string, fits: (names: string[]) => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    let isDue = false;
    const look = () => {
      isDue = false;
      if (fits(readdirSync(folder))) {
        watcher.close();
        resolve();
      }
    };
    // Many changes come at once: other things must get their turn between them.
    const watcher = watch(folder, () => {
      if (!isDue) {
        isDue = true;
        setImmediate(look);
      }
    });
    look();
  });
}
