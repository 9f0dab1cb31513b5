import { memoryProfileStore } from '../../src/testing/index.ts'
import { profileStoreContract } from '../support/profile-store-contract.ts'

profileStoreContract('in memory', {
  fresh: () => {
    const store = memoryProfileStore()
    return { store, same: () => store }
  },
})
